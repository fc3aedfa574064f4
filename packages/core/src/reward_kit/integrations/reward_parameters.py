"""Check, before anything runs, that a reward gets the keyword arguments that it needs and no others."""

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from reward_kit.errors import UsageError

__all__ = ["check_arguments", "ground_truth_default"]


def check_arguments(reward: Callable[..., Any], name: str, given: Collection[str], *, more_may_come: bool) -> None:
    """Fail where ``reward`` does not take one of ``given``, or needs one that is not among them.

    With ``more_may_come`` the rows may bring further arguments, so that none is known to be missing.

    Raises:
        UsageError: the arguments do not fit; names the parameters that the reward has.
    """
    parameters = _parameters(reward)
    if parameters is None:
        return
    named = [one for one in parameters if one.kind in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY}]
    names = {one.name for one in named}
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters)
    has = ", ".join(repr(one.name) for one in named) or "no parameters"
    for unknown in (argument for argument in given if argument not in names and not takes_any):
        message = f"{name}() does not take {unknown!r}; after the messages it takes {has}"
        raise UsageError(message)
    needed = [one.name for one in named if one.default is one.empty and one.name not in given]
    if needed and not more_may_come:
        message = f"{name}() needs {needed[0]!r}, and no column is mapped to it; map one, or set a static argument"
        raise UsageError(message)


def ground_truth_default(reward: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the reward's own default for ``ground_truth``, where it has one, so that ``None`` does not replace it."""
    for parameter in _parameters(reward) or []:
        if parameter.name == "ground_truth" and parameter.default is not parameter.empty:
            return {"ground_truth": parameter.default}
    return {}


def _parameters(reward: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Return the parameters after the messages; None for a callable of C without a signature."""
    try:
        return list(inspect.signature(reward).parameters.values())[1:]
    except (TypeError, ValueError):
        return None
