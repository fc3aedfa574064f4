"""An example is a value: it says *what* is asked, rewarded and trained; the verbs of the command line say *how*.

Everything here is frozen data without I/O. An installed package offers its value through the entry point group
``reward_kit.examples``; that one value gives the command line, the image's entry point, the contract tests and
the GRPO run.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reward_kit.models import EvaluateResult, Sample

__all__ = ["ENTRY_POINT_GROUP", "Example", "GenerationSettings", "GrpoSettings", "HubSource", "PackageSource", "Reward"]

ENTRY_POINT_GROUP = "reward_kit.examples"

Reward: TypeAlias = Callable[..., EvaluateResult | Awaitable[EvaluateResult]]
"""Called as ``reward(messages, ground_truth=…, **extra)``; the last message is the reply. It must pickle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSource:
    """Where the real data set comes from: a data set of the Hugging Face hub at a pinned commit."""

    repo: str
    config: str | None = None
    split: str
    """A split with an optional slice: ``train``, ``train[:100]``."""
    revision: str
    """A full commit id, so that the rows can never change."""
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSource:
    """Where a data set comes from that an installed package carries: ``prepare --source NAME``."""

    rows: Callable[[], Iterator[Any]]
    """Yields ``reward_kit.data.sources.SourceRow``; raises MissingExtraError where the package is not installed."""
    revision: Callable[[], str]
    """The package and its version."""
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How replies are asked of a language model."""

    model: str = "accounts/fireworks/models/qwen3-30b-a3b"
    temperature: float = 0.2
    top_p: float | None = None
    max_tokens: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpoSettings:
    """How the example is trained; every other field of TRL's GRPOConfig can be set by ``train --set``."""

    model: str = "Qwen/Qwen3-0.6B"
    num_generations: int = 8
    max_completion_length: int = 1024
    learning_rate: float = 1e-6
    beta: float = 0.0
    """Weight of the KL penalty."""
    max_steps: int = 200
    seed: int = 17
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of GRPOConfig."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A task that a model can be evaluated and trained on."""

    name: str
    """As in ``reward-kit <name> <verb>``: lower case, words joined by hyphens."""
    package: str
    """The import package; its ``data/dataset.jsonl`` is the bundled data set."""
    summary: str
    """One line for lists and ``--help``."""
    source: HubSource
    packages: Mapping[str, PackageSource] = field(default_factory=dict)
    """Further sources by name. Their rows that cannot be used are left out, counted and kept with the reasons."""
    row: Callable[[Mapping[str, Any]], Sample]
    """Makes a sample of one row of the source; raises ValueError or KeyError on a row that is wrong, and
    UnsuitableRowError on one that is not of the kind that the example is about."""
    system_prompt: str
    reward: Reward
    generation: GenerationSettings = field(default_factory=GenerationSettings)
    training: GrpoSettings = field(default_factory=GrpoSettings)
