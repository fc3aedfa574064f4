"""Prove in minutes, on a CPU, that an example trains: real TRL, the example's own reward and its own data.

A reward that is 0.0 for every completion proves nothing, and no small model solves a real task by chance. So both
parts make the task easy, and leave grading alone:

- *tiny*: a model built here, with random weights, whose tokens are whole texts: the prompts of a few samples and
  their references. It replies with one of the references at random; the example's reward has to tell which of them
  answers the prompt. Nothing is fetched, and any example whose data set has references can run it.
- *smollm2*: SmolLM2-135M-Instruct with its real weights. The conversation has the reference in it and asks for it
  again; a model of this size gets some of its replies right and others wrong.

Each part fails unless loss, reward and gradient norm are finite and not all zero, the rewards of a step differ, and
the training changed the model's parameters.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from reward_kit.errors import ContractError
from reward_kit.example import Example
from reward_kit.models import Message, Sample
from reward_kit.training.run import train
from reward_kit.training.tiny import tiny_model

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


__all__ = ["SmallModel", "SmokeReport", "smoke_smollm2", "smoke_tiny"]


class SmallModel(Protocol):
    """A model in memory and its tokenizer."""

    @property
    def model(self) -> "PreTrainedModel":
        """The model, in float32 on the CPU."""

    @property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        """Its tokenizer, with a chat template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    name: str
    samples: int
    options: Mapping[str, Any]


_TINY = _Part(
    name="tiny",
    samples=4,
    options={
        "max_steps": 20,
        "num_generations": 16,
        "per_device_train_batch_size": 64,
        "max_completion_length": 2,
        "learning_rate": 3e-3,
        "adam_beta2": 0.95,
    },
)
_SMOLLM2 = _Part(
    name="smollm2",
    samples=2,
    options={
        "max_steps": 2,
        "num_generations": 6,
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 3,
        "max_completion_length": 48,
        "temperature": 0.7,
        "learning_rate": 1e-5,
    },
)
_COMMON: Mapping[str, Any] = {
    "beta": 0.0,
    "lr_scheduler_type": "constant",
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
}
_NOISE = 1e-6
"""What rounding alone may make of a 0."""
_AGAIN = "That is right. Say it again, and keep it short."
_WATCHED = ("loss", "reward", "grad_norm")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeReport:
    """What one part of the smoke run showed."""

    part: str
    steps: int
    rewards: tuple[float, ...]
    """The mean reward of each step."""
    largest_reward_std: float
    changed: int
    """Parameter tensors that the training changed, of ``tensors``."""
    tensors: int
    problems: tuple[str, ...]
    """What was expected and not found; empty when all is well."""


def smoke_tiny(example: Example, samples: Iterable[Sample], *, output: Path) -> SmokeReport:
    """Train a tiny model whose tokens are whole replies, for a few steps.

    Raises:
        ContractError: too few samples have a text as their reference.
    """
    chosen = _chosen(samples, _TINY)
    prompts = [message.text for sample in chosen for message in sample.messages]
    tokens = [*prompts, *map(_reference, chosen)]
    return _smoke(example, chosen, tiny_model(tokens, seed=example.training.seed), output=output, part=_TINY)


def smoke_smollm2(
    example: Example, samples: Iterable[Sample], *, load: Callable[[], "SmallModel"], output: Path
) -> SmokeReport:
    """Train the small real language model that ``load`` gives, for two steps.

    Raises:
        ContractError: too few samples have a text as their reference.
    """
    chosen = [_answered(sample) for sample in _chosen(samples, _SMOLLM2)]
    return _smoke(example, chosen, load(), output=output, part=_SMOLLM2)


def _smoke(
    example: Example, samples: Sequence[Sample], model: "SmallModel", *, output: Path, part: _Part
) -> SmokeReport:
    from reward_kit.training.witness import ParameterWitness

    witness = ParameterWitness()
    with _one_thread():
        run = train(
            example,
            samples,
            output=output,
            model=model.model,
            tokenizer=model.tokenizer,
            options={**_COMMON, **part.options},
            callbacks=[witness],
        )
    deviations = [float(step["reward_std"]) for step in run.log]
    problems = [problem for name in _WATCHED if (problem := _problem(name, run.log))]
    if not any(deviation > 0 for deviation in deviations):
        problems.append("all rewards of a step were the same in every step, expected some to differ")
    if not witness.changed:
        problems.append("the training changed no parameter")
    return SmokeReport(
        part=part.name,
        steps=run.steps,
        rewards=tuple(float(step["reward"]) for step in run.log),
        largest_reward_std=max(deviations, default=0.0),
        changed=witness.changed,
        tensors=witness.tensors,
        problems=tuple(problems),
    )


def _problem(name: str, log: Sequence[Mapping[str, float]]) -> str:
    values = [step.get(name, math.nan) for step in log]
    if not values or not all(math.isfinite(value) for value in values):
        return f"found {name} {values}, expected finite numbers"
    return "" if any(abs(value) > _NOISE for value in values) else f"{name} was 0 in every step"


def _chosen(samples: Iterable[Sample], part: _Part) -> list[Sample]:
    """Return the shortest samples that have a text as their reference, each with a ground truth of its own."""
    chosen: list[Sample] = []
    for sample in sorted(filter(_reference, samples), key=_length):
        if all(sample.ground_truth != other.ground_truth for other in chosen):
            chosen.append(sample)
        if len(chosen) == part.samples:
            return chosen
    message = f"found {len(chosen)} samples with a reference and a ground truth of their own, expected {part.samples}"
    raise ContractError(message)


def _length(sample: Sample) -> int:
    return len(sample.model_dump_json(include={"messages", "reference", "tools"}))


def _reference(sample: Sample) -> str:
    return "" if sample.reference_message is None else sample.reference_message.text


def _answered(sample: Sample) -> Sample:
    """Return ``sample`` with its reference given as the answer, and asked for again."""
    answer = Message(role="assistant", content=_reference(sample))
    return sample.model_copy(update={"messages": [*sample.messages, answer, Message(role="user", content=_AGAIN)]})


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread: the same numbers on every machine, and no cores taken from others."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
