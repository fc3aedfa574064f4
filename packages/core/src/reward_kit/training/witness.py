"""See whether training changed what it was to train."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

if TYPE_CHECKING:
    import torch

__all__ = ["ParameterWitness"]


class ParameterWitness(TrainerCallback):
    """Compare the trained parameters before and after: two sums of each, not a copy of the model."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, float]] = {}
        self._after: dict[str, tuple[float, float]] = {}

    @property
    def tensors(self) -> int:
        """How many parameter tensors were to be trained."""
        return len(self._before)

    @property
    def changed(self) -> int:
        """How many of them did change."""
        return sum(self._after[name] != sums for name, sums in self._before.items()) if self._after else 0

    def on_train_begin(
        self,
        _args: TrainingArguments,
        _state: TrainerState,
        _control: TrainerControl,
        *,
        model: "torch.nn.Module",
        **_: object,
    ) -> None:
        """Look at the parameters before the first step."""
        self._before = dict(_sums(model))

    def on_train_end(
        self,
        _args: TrainingArguments,
        _state: TrainerState,
        _control: TrainerControl,
        *,
        model: "torch.nn.Module",
        **_: object,
    ) -> None:
        """Look at them after the last step."""
        self._after = dict(_sums(model))


def _sums(model: "torch.nn.Module") -> Iterator[tuple[str, tuple[float, float]]]:
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            values = parameter.detach().double()
            yield name, (values.sum().item(), values.square().sum().item())
