"""Train a model on an example with TRL's GRPO. Importing this package loads none of the heavy libraries."""

from reward_kit.training.run import TrainingRun, train

__all__ = ["TrainingRun", "train"]
