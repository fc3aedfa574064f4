"""Prove in minutes, on a CPU, that an example trains: real TRL, the example's own reward and its own data.

A reward that is 0.0 for every completion proves nothing, and no small model solves a real task by chance. So both
parts make the task easy, and leave grading alone:

- *tiny*: a model built here, with random weights, whose tokens are whole texts: the prompts of a few samples and
  their references. It replies with one of the references at random; the example's reward has to tell which of them
  answers the prompt. Nothing is fetched, and any example whose data set has references can run it.
- *smollm2*: SmolLM2-135M-Instruct with its real weights. The prompt shows the reference and asks for it again;
  sampling makes some of the replies right and others wrong.

Each part fails unless loss, reward and gradient norm are finite and not all zero, the rewards of a step differ, and
the training changed the model's parameters.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reward_kit.errors import ContractError
from reward_kit.example import Example
from reward_kit.models import Message, Sample
from reward_kit.training.run import train
from reward_kit.training.tiny import tiny_model

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["SmokeReport", "smoke_smollm2", "smoke_tiny"]

_TINY_SAMPLES = 8
_TINY: Mapping[str, Any] = {
    "max_steps": 10,
    "num_generations": 8,
    "per_device_train_batch_size": 32,
    "max_completion_length": 3,
    "learning_rate": 5e-3,
}
_SMOLLM2_SAMPLES = 2
_SMOLLM2: Mapping[str, Any] = {
    "max_steps": 2,
    "num_generations": 4,
    "per_device_train_batch_size": 8,
    "max_completion_length": 48,
    "learning_rate": 1e-5,
}
_COMMON: Mapping[str, Any] = {
    "beta": 0.0,
    "temperature": 1.0,
    "lr_scheduler_type": "constant",
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
}
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
    """Train a tiny model whose tokens are whole replies, for ten steps.

    Raises:
        ContractError: fewer than two samples have a text as their reference.
    """
    chosen = list(islice(_distinct(samples), _TINY_SAMPLES))
    if len(chosen) < 2:  # noqa: PLR2004 - one reply cannot be told from another
        message = f"found {len(chosen)} samples with a reference of their own, expected 2 for a smoke run"
        raise ContractError(message)
    texts = [message.text for sample in chosen for message in sample.messages]
    model, tokenizer = tiny_model([example.system_prompt, *texts, *map(_reference, chosen)], seed=example.training.seed)
    return _smoke("tiny", example, chosen, model, tokenizer, output, _TINY)


def smoke_smollm2(
    example: Example,
    samples: Iterable[Sample],
    *,
    load: "Callable[[], tuple[PreTrainedModel, PreTrainedTokenizerBase]]",
    output: Path,
) -> SmokeReport:
    """Train the small real language model that ``load`` gives, for two steps, on prompts that show the reference.

    Raises:
        ContractError: fewer than two samples have a text as their reference.
    """
    shortest = sorted(_distinct(samples), key=lambda sample: len(_reference(sample)))[:_SMOLLM2_SAMPLES]
    if len(shortest) < _SMOLLM2_SAMPLES:
        message = (
            f"found {len(shortest)} samples with a reference of their own, expected {_SMOLLM2_SAMPLES} for a smoke run"
        )
        raise ContractError(message)
    model, tokenizer = load()
    return _smoke("smollm2", example, [_open_book(sample) for sample in shortest], model, tokenizer, output, _SMOLLM2)


def _smoke(
    part: str,
    example: Example,
    samples: Sequence[Sample],
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    output: Path,
    options: Mapping[str, Any],
) -> SmokeReport:
    before = _fingerprints(model)
    with _one_thread():
        run = train(example, samples, output=output, model=model, tokenizer=tokenizer, options={**_COMMON, **options})
    after = _fingerprints(model)
    changed = sum(before[name] != after[name] for name in before)
    deviations = [float(step["reward_std"]) for step in run.log]
    problems = [problem for name in _WATCHED if (problem := _problem(name, run.log))]
    if not any(deviation > 0 for deviation in deviations):
        problems.append("the rewards of every step were all the same, expected some to differ")
    if not changed:
        problems.append("the training changed no parameter")
    return SmokeReport(
        part=part,
        steps=run.steps,
        rewards=tuple(float(step["reward"]) for step in run.log),
        largest_reward_std=max(deviations, default=0.0),
        changed=changed,
        tensors=len(before),
        problems=tuple(problems),
    )


def _problem(name: str, log: Sequence[Mapping[str, float]]) -> str:
    values = [step.get(name) for step in log]
    if not values or not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
        return f"found {name} {values}, expected finite numbers"
    return "" if any(values) else f"{name} was 0 in every step"


def _distinct(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Yield the samples with a text as their reference and a ground truth that none before has."""
    seen: list[object] = []
    for sample in samples:
        if _reference(sample) and sample.ground_truth not in seen:
            seen.append(sample.ground_truth)
            yield sample


def _reference(sample: Sample) -> str:
    return "" if sample.reference_message is None else sample.reference_message.text


def _open_book(sample: Sample) -> Sample:
    """Return ``sample`` with its reference shown at the end of the prompt."""
    question = sample.messages[-1]
    shown = f"{question.text}\n\nHere is the solution:\n{_reference(sample)}\n\nRepeat the solution."
    return sample.model_copy(update={"messages": [*sample.messages[:-1], Message(role="user", content=shown)]})


def _fingerprints(model: "torch.nn.Module") -> dict[str, tuple[float, float]]:
    """Return two sums over each parameter: enough to see that it changed, without a copy of the model."""
    return {
        name: (parameter.double().sum().item(), parameter.double().square().sum().item())
        for name, parameter in model.named_parameters()
    }


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
