"""Serve a reward over HTTP: one grading or a batch, health, metrics. Needs the extra ``serve``.

Gradings run in worker processes, so a reply that hangs or kills one takes nothing but its own grading with it.

Not covered: TLS (put a reverse proxy in front), quotas per client, and more than one key.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reward_kit.serving.app import create_app
    from reward_kit.serving.graders import Graders
    from reward_kit.serving.run import serve
    from reward_kit.serving.settings import ServeSettings

__all__ = ["Graders", "ServeSettings", "create_app", "serve"]

_HOME = {"Graders": "graders", "ServeSettings": "settings", "create_app": "app", "serve": "run"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the imports above
    """Load a public name on first use."""
    if name not in _HOME:
        message = f"module 'reward_kit.serving' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"reward_kit.serving.{_HOME[name]}"), name)
