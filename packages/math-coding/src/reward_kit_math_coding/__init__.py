"""Mathematics and programming, apart and together: be paid for the right number and for the program that runs."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reward_kit_math_coding.spec import example

__all__ = ["example", "main"]


def main() -> None:
    """Run the command line of this example."""
    from reward_kit.cli import example_main

    example_main("math-coding")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the import above
    if name == "example":
        from reward_kit_math_coding.spec import example

        return example
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
