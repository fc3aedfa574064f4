"""A model small enough to train in a test, and what is needed to train it. Only tests marked grpo may ask for these."""

from types import SimpleNamespace

import pytest


@pytest.fixture
def one_thread():
    """Keep torch to one thread: the same numbers everywhere."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny(one_thread):  # noqa: ARG001 - for its effect
    """Return a function that makes a fresh tiny model, always with the same weights."""
    from reward_kit.training.tiny import tiny_model

    return lambda: tiny_model("0123456789abcdefgh=?", seed=3)


@pytest.fixture
def grpo(tmp_path, tiny):
    """Return a function that trains a fresh tiny model with a reward function of TRL."""

    def run(reward, *, steps=2, **options):
        import torch
        from datasets import Dataset
        from transformers import PrinterCallback
        from trl import GRPOConfig, GRPOTrainer

        model, tokenizer = tiny()
        before = {name: value.clone() for name, value in model.state_dict().items()}
        prompts = [[{"role": "user", "content": f"{number}="}] for number in range(8)]
        settings = {
            "output_dir": str(tmp_path / "trl"),
            "max_steps": steps,
            "num_generations": 8,
            "per_device_train_batch_size": 32,
            "max_completion_length": 8,
            "learning_rate": 5e-3,
            "lr_scheduler_type": "constant",
            "seed": 5,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": "none",
            "disable_tqdm": True,
            "use_cpu": True,
            "bf16": False,
            "gradient_checkpointing": False,
        }
        trainer = GRPOTrainer(
            model,
            reward,
            args=GRPOConfig(**{**settings, **options}),
            train_dataset=Dataset.from_dict({"prompt": prompts, "answer": [str(number) for number in range(8)]}),
            processing_class=tokenizer,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        after = model.state_dict()
        return SimpleNamespace(
            log=[entry for entry in trainer.state.log_history if "reward" in entry],
            changed=[name for name, value in before.items() if not torch.equal(value, after[name])],
            finite=all(bool(value.isfinite().all()) for value in after.values()),
        )

    return run
