"""Function calling: choose the right calls among the tools on offer, be paid for exactly those."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reward_kit_function_calling.spec import example

__all__ = ["example", "main"]


def main() -> None:
    """Run the command line of this example."""
    from reward_kit.cli import example_main

    example_main("function-calling")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the import above
    if name == "example":
        from reward_kit_function_calling.spec import example

        return example
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
