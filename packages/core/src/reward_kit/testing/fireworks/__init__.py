"""A local Fireworks: an HTTP server that behaves like the real service, for tests and for trying things out.

    with FireworksServer(replies="replies.jsonl", faults=Faults(rate=0.3, seed=1)) as server:
        client = OpenAI(base_url=f"{server.url}/inference/v1", api_key=server.api_key)

It executes uploaded evaluators in a separate process, answers chat completions from recorded replies or from a small
real model, and misbehaves on demand. ``python -m reward_kit.testing.fireworks`` serves until it is interrupted, and
``reward_kit.testing.fireworks.fixtures`` has a pytest fixture. A name is loaded when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reward_kit.testing.fireworks.faults import ALL_FAULTS, PERMANENT_FAULTS, TRANSIENT_FAULTS, FaultKind, Faults
    from reward_kit.testing.fireworks.process import Limits
    from reward_kit.testing.fireworks.request import RecordedRequest
    from reward_kit.testing.fireworks.server import FireworksServer

__all__ = [
    "ALL_FAULTS",
    "PERMANENT_FAULTS",
    "TRANSIENT_FAULTS",
    "FaultKind",
    "Faults",
    "FireworksServer",
    "Limits",
    "RecordedRequest",
]

_HOME = {"FireworksServer": "server", "Limits": "process", "RecordedRequest": "request"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the imports above
    """Load a public name on first use."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'faults')}"), name)
