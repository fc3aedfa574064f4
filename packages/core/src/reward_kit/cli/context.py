"""What a verb gets: the example it runs for, loaded when first used."""

from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reward_kit.example import Example

__all__ = ["ExampleContext"]


class ExampleContext:
    """The example that a verb runs for; passed by ``click.pass_obj``."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def example(self) -> "Example":
        """The example's value."""
        from reward_kit.cli.discovery import load_example

        return load_example(self.name)

    @property
    def bundled_data(self) -> Path:
        """The data set that comes with the example's package."""
        return Path(str(files(self.example.package) / "data" / "dataset.jsonl"))
