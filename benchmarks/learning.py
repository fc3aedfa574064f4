"""Show that a model learns from a reward of this project, and only from the reward.

    python benchmarks/learning.py [CURVE.json]

A tiny model with random weights is asked one-digit sums and trained by TRL's GRPO; ``math_reward`` grades its replies
through ``create_trl_adapter``, as in any training script. A control gets the same rewards in a random order, and must
not learn. Prints the mean reward at either end of both runs, writes the curves as JSON, and exits 1 unless the first
run learned and the control did not. One CPU core, about a minute, nothing is fetched, the same numbers every time.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.rewards.math import math_reward
from reward_kit.training.settings import outdated_names_let_pass
from reward_kit.training.tiny import tiny_model

SEED = 1
STEPS = 150
ENDS = 10
"""Steps whose mean is taken at either end."""
LEARNED, UNTAUGHT = 0.5, 0.1
"""By how much the mean reward has to grow, and how little it may grow in the control."""


Reward = Callable[..., Any]


class Shuffled:
    """A reward function that hands out the rewards of another in a random order: as many, but for the wrong replies."""

    __name__ = "shuffled"

    def __init__(self, rewards: Reward) -> None:
        self.rewards = rewards
        self.random = random.Random(SEED)  # noqa: S311 - nothing secret

    def __call__(self, **batch: Any) -> list[float | None]:  # noqa: ANN401 - TRL's keyword arguments
        """Grade a batch."""
        rewards: list[float | None] = self.rewards(**batch)
        self.random.shuffle(rewards)
        return rewards


def sums() -> Dataset:
    """Return every sum of two digits up to 4: 25 prompts, 9 answers."""
    pairs = [(a, b) for a in range(5) for b in range(5)]
    prompts = [[{"role": "user", "content": f"{a}+{b}="}] for a, b in pairs]
    return Dataset.from_dict({"prompt": prompts, "answer": [str(a + b) for a, b in pairs]})


def curve(reward: Reward) -> list[float]:
    """Train a fresh model with ``reward`` and return the mean reward of each step."""
    model, tokenizer = tiny_model(list("0123456789+="), seed=SEED)
    with tempfile.TemporaryDirectory() as folder, outdated_names_let_pass():
        config = GRPOConfig(
            output_dir=folder,
            max_steps=STEPS,
            num_generations=16,
            per_device_train_batch_size=256,
            max_completion_length=2,
            learning_rate=2e-3,
            adam_beta2=0.95,
            lr_scheduler_type="constant",
            seed=SEED,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
        )
        trainer = GRPOTrainer(model, reward, args=config, train_dataset=sums(), processing_class=tokenizer)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return [entry["reward"] for entry in trainer.state.log_history if "reward" in entry]


def main() -> int:
    """Run both trainings and judge them."""
    torch.set_num_threads(1)
    curves, growth = {}, {}
    for name in ("reward", "control"):
        seconds = time.process_time()
        reward = create_trl_adapter(math_reward, {"answer": "ground_truth"})
        curves[name] = curve(Shuffled(reward) if name == "control" else reward)
        first, last = fmean(curves[name][:ENDS]), fmean(curves[name][-ENDS:])
        growth[name] = last - first
        seconds = time.process_time() - seconds
        print(f"{name}: mean reward {first:.3f} in the first {ENDS} steps, {last:.3f} in the last ({seconds:.0f} s)")
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "learning.json")
    target.write_text(json.dumps({"seed": SEED, **curves}) + "\n", encoding="utf-8")
    print(f"curves in {target}")
    return int(not (growth["reward"] >= LEARNED and growth["control"] <= UNTAUGHT))


if __name__ == "__main__":
    sys.exit(main())
