"""Write, prove, run and deploy reward functions for reinforcement learning from verifiable rewards.

Importing this package does nothing and loads no third-party library: the models (pydantic) are loaded when
one of their names is first used. ``reward_kit.reward_function`` is the decorator; the module of that name is
still found by ``from reward_kit.reward_function import …``.
"""

from typing import TYPE_CHECKING, Any

from reward_kit.reward_function import reward_function

if TYPE_CHECKING:
    from reward_kit.data import load_jsonl
    from reward_kit.example import Example, GenerationSettings, GrpoSettings, HubSource
    from reward_kit.models import EvaluateResult, Message, MetricResult, Sample, StepOutput

__version__ = "0.1.0"

__all__ = [
    "EvaluateResult",
    "Example",
    "GenerationSettings",
    "GrpoSettings",
    "HubSource",
    "Message",
    "MetricResult",
    "Sample",
    "StepOutput",
    "__version__",
    "load_jsonl",
    "reward_function",
]

_HOME = {
    "EvaluateResult": "reward_kit.models",
    "Example": "reward_kit.example",
    "GenerationSettings": "reward_kit.example",
    "GrpoSettings": "reward_kit.example",
    "HubSource": "reward_kit.example",
    "Message": "reward_kit.models",
    "MetricResult": "reward_kit.models",
    "Sample": "reward_kit.models",
    "StepOutput": "reward_kit.models",
    "load_jsonl": "reward_kit.data",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the imports above
    """Load a public name on first use."""
    home = _HOME.get(name)
    if home is None:
        message = f"module 'reward_kit' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
