"""GRPOTrainer, resumed in a later epoch with the prompts that would have come next.

TRL 1.16 draws the order of the prompts from a generator that no checkpoint keeps: a run that is resumed starts again
with the order of its first epoch, so that some prompts come twice and others never. Here the order depends on the
number of the epoch. The first epoch is TRL's own.
"""

from collections.abc import Iterator

from torch.utils.data import Sampler
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import GRPOTrainer
from trl.trainer.utils import RepeatSampler

__all__ = ["EpochSampler", "ResumableTrainer"]


class EpochSampler(Sampler):
    """TRL's sampler, shuffled anew by the number of each epoch."""

    def __init__(self, sampler: RepeatSampler, seed: int) -> None:
        self._sampler = sampler
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Make ``epoch`` the next one; without this, each follows the one before."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        self._sampler.generator.manual_seed(self._seed + self._epoch)
        self._epoch += 1
        yield from self._sampler

    def __len__(self) -> int:
        return len(self._sampler)


class _Continue(TrainerCallback):
    """Tell the sampler in which epoch a resumed run is; accelerate does not in every case reach it."""

    def __init__(self, sampler: EpochSampler) -> None:
        self._sampler = sampler

    def on_train_begin(
        self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: object
    ) -> None:
        self._sampler.set_epoch(int(state.epoch or 0))


class ResumableTrainer(GRPOTrainer):
    """A GRPOTrainer for data sets that can be indexed."""

    def _get_train_sampler(self, dataset: object = None) -> EpochSampler:
        sampler = EpochSampler(super()._get_train_sampler(dataset), self.args.seed)
        self.add_callback(_Continue(sampler))
        return sampler
