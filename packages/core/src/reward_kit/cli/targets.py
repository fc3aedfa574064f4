"""What a command that takes ``module:function`` or an example's name means by it."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reward_kit.errors import UsageError

if TYPE_CHECKING:
    from reward_kit.evaluation.bundle import Bundle

__all__ = ["bundle_of", "reward_of"]


def reward_of(target: str) -> Callable[..., Any]:
    """Return the reward that ``target`` names; modules are found in the working directory, too.

    Raises:
        UsageError: it names none.
    """
    from reward_kit.cli.discovery import example_names, load_example
    from reward_kit.evaluation.bundle import load_reward

    if target in example_names():
        return load_example(target).reward
    _check(target, example_names())
    return load_reward(target)


def bundle_of(target: str, *, remote_url: str | None, remote_key: str | None, secrets: Iterable[str] = ()) -> "Bundle":
    """Return the reward that ``target`` names as source files, or one that asks the server at ``remote_url``.

    ``secrets`` are values that may be in no file.

    Raises:
        UsageError: it names none, or a source holds what looks like a key.
    """
    from reward_kit.cli.discovery import example_names, load_example
    from reward_kit.evaluation.bundle import bundle_evaluator, bundle_example, bundle_remote

    if remote_url is not None:
        return bundle_remote(remote_url, remote_key, name=target.rpartition(":")[2].replace("_", "-"))
    if remote_key is not None:
        message = "found --remote-key without --remote-url, expected the server that the key is for"
        raise UsageError(message)
    if target in example_names():
        return bundle_example(load_example(target), secrets=secrets)
    _check(target, example_names())
    return bundle_evaluator(target, secrets=secrets)


def _check(target: str, examples: list[str]) -> None:
    if ":" not in target:
        known = ", ".join(examples) or "none"
        message = f"found {target!r}, expected module:function or an installed example ({known})"
        raise UsageError(message)
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
