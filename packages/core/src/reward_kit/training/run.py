"""Train a model with TRL's GRPO on samples, rewarded by the example's own reward."""

import json
import math
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reward_kit.data import AppendLog
from reward_kit.errors import PrerequisiteError, UsageError, require
from reward_kit.example import Example
from reward_kit.grading import is_async, name_of
from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.models import Sample
from reward_kit.reward_function import works_elsewhere
from reward_kit.training.rows import KWARGS_COLUMN, training_dataset
from reward_kit.training.settings import grpo_config, outdated_names_let_pass

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

__all__ = ["TrainingRun", "train"]

METRICS = "training.jsonl"
_LORA_RANK = 16
_TRACKERS = {"clearml", "comet_ml", "dvclive", "mlflow", "swanlab", "tensorboard", "trackio", "wandb"}
"""Values of ``report_to`` that are the name of the module which they need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """A training run that came to its end."""

    output: Path
    steps: int
    """Optimiser steps, those before a resume included."""
    log: tuple[Mapping[str, float], ...]
    """What the trainer logged of each step; NaN where it had nothing to take a mean of."""


def train(
    example: Example,
    samples: Iterable[Sample],
    *,
    output: Path,
    model: "str | PreTrainedModel | None" = None,
    tokenizer: "PreTrainedTokenizerBase | None" = None,
    options: Mapping[str, Any] | None = None,
    lora: bool = False,
    resume: bool = False,
    workers: int = 0,
    callbacks: "Sequence[TrainerCallback]" = (),
) -> TrainingRun:
    """Train ``model`` on ``samples`` and write checkpoints, logs and the trained model to ``output``.

    Args:
        example: gives the reward, the system prompt and the settings of the training.
        samples: the prompts, and what the reward compares replies with.
        output: a folder; ``training.jsonl`` in it has the numbers of each step, ``completions/`` each completion
            with its gold and extracted answers, ``run.json`` the settings.
        model: a name on the hub, a folder, or a model in memory; by default the example's.
        tokenizer: for a model in memory: its tokenizer, with a chat template.
        options: fields of GRPOConfig that win over the example's settings.
        lora: train a low-rank adapter of every linear layer, not the model's own weights.
        resume: go on from the last checkpoint in ``output``.
        workers: processes that grade; with 0, and for a reward that is asynchronous or works elsewhere, grading
            happens in this process. A script that uses them must guard its main part by
            ``if __name__ == "__main__"``.
        callbacks: called by the trainer as transformers describes it.

    Raises:
        UsageError: a setting is wrong, or ``output`` and ``resume`` do not fit each other.
        PrerequisiteError: something is not installed, or the model cannot be loaded.
        GradingError: too many completions could not be graded.
    """
    require("train", "torch", "transformers", "trl", "datasets", *(["peft"] if lora else []))
    model = model or example.training.model
    config = grpo_config(example.training, output=output, options=options or {})
    _require_trackers(config)
    checkpoint = _checkpoint(output, resume=resume)
    here = is_async(example.reward) or works_elsewhere(example.reward)
    reward = create_trl_adapter(example.reward, {}, kwargs_column=KWARGS_COLUMN, workers=0 if here else workers)
    dataset = training_dataset(samples, system_prompt=example.system_prompt)
    _require_a_batch(len(dataset), config)
    output.mkdir(parents=True, exist_ok=True)
    with _step_log(output, config) as step_log, outdated_names_let_pass():
        trainer = _trainer(
            model,
            tokenizer=tokenizer,
            reward_funcs=reward,
            train_dataset=dataset,
            args=config,
            lora=lora,
            callbacks=[*step_log, *callbacks],
        )
        if trainer.is_world_process_zero():
            name = model if isinstance(model, str) else model.config.name_or_path or "in memory"
            _write_settings(output, example, config, model=name, rows=len(dataset), lora=lora)
        trainer.train(resume_from_checkpoint=checkpoint)
    if config.save_strategy != "no":
        trainer.save_model()
    return TrainingRun(output=output, steps=trainer.state.global_step, log=_rewarded(trainer.state.log_history))


def _trainer(
    model: "str | PreTrainedModel",
    *,
    tokenizer: "PreTrainedTokenizerBase | None",
    lora: bool,
    **arguments: Any,  # noqa: ANN401 - GRPOTrainer's own
) -> "GRPOTrainer":
    from transformers import PrinterCallback

    from reward_kit.training.trainer import ResumableTrainer

    peft_config = None
    if lora:
        from peft import LoraConfig

        peft_config = LoraConfig(
            r=_LORA_RANK, lora_alpha=2 * _LORA_RANK, target_modules="all-linear", task_type="CAUSAL_LM"
        )
    try:
        trainer = ResumableTrainer(model, processing_class=tokenizer, peft_config=peft_config, **arguments)
    except OSError as error:
        message = f"model {model!r} could not be loaded: {error}; pass --model with a folder or a name on the hub"
        raise PrerequisiteError(message) from error
    except ValueError as error:
        message = f"the training cannot be set up: {error}"
        raise UsageError(message) from error
    trainer.remove_callback(PrinterCallback)  # it prints to stdout
    return trainer


@contextmanager
def _step_log(output: Path, config: "GRPOConfig") -> "Iterator[list[TrainerCallback]]":
    """Give the callback that logs the steps, to the first of the processes that train together."""
    from reward_kit.training.metrics import StepLog

    if config.process_index != 0:
        yield []
        return
    with AppendLog(output / METRICS) as log:
        yield [StepLog(log)]


def _rewarded(history: Iterable[Mapping[str, float | None]]) -> tuple[dict[str, float], ...]:
    """Return the entries that tell of a step; others tell of the whole run."""
    return tuple(
        {name: math.nan if value is None else value for name, value in entry.items()}
        for entry in history
        if "reward" in entry
    )


def _checkpoint(output: Path, *, resume: bool) -> str | None:
    from transformers.trainer_utils import get_last_checkpoint

    checkpoint: str | None = get_last_checkpoint(str(output)) if output.is_dir() else None
    if resume and checkpoint is None:
        message = f"found no checkpoint in {str(output)!r} to resume from; start without --resume"
        raise UsageError(message)
    if not resume and checkpoint is not None:
        message = (
            f"{str(output)!r} holds the checkpoints of a run; go on from them with --resume, or pass another --output"
        )
        raise UsageError(message)
    return checkpoint


def _require_trackers(config: "GRPOConfig") -> None:
    names = [config.report_to] if isinstance(config.report_to, str) else config.report_to or []
    for name in names:
        if name in _TRACKERS and find_spec(name) is None:
            message = f"{name!r} not installed, and the metrics are to be reported to it; pip install {name}"
            raise PrerequisiteError(message)


def _require_a_batch(rows: int, config: "GRPOConfig") -> None:
    """Refuse a data set that does not fill one batch: TRL drops what is left over, and would train on nothing."""
    prompts = config.generation_batch_size // config.num_generations
    if rows < prompts:
        message = f"found {rows} samples, expected {prompts} or more: as many prompts go into one batch"
        raise UsageError(message)


def _write_settings(output: Path, example: Example, config: "GRPOConfig", **facts: object) -> None:
    settings = {
        "example": example.name,
        "reward": name_of(example.reward),
        **facts,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("reward-kit-core", "torch", "transformers", "trl")},
        },
        "config": config.to_dict(),
    }
    text = json.dumps(settings, indent=2, ensure_ascii=False, default=str)
    (output / "run.json").write_text(text + "\n", encoding="utf-8")
