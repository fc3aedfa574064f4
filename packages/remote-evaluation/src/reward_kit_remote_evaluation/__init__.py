"""Duty rosters: a task whose answer key stays with a validator elsewhere, which is asked with a key."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reward_kit_remote_evaluation.spec import example

__all__ = ["example"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the import above
    if name == "example":
        from reward_kit_remote_evaluation.spec import example

        return example
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
