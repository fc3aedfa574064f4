"""Find the installed examples through the entry point group ``reward_kit.examples``."""

from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from reward_kit.errors import ContractError, UsageError

if TYPE_CHECKING:
    from reward_kit.example import Example

__all__ = ["example_names", "load_example"]

GROUP = "reward_kit.examples"


def example_names() -> list[str]:
    """Return the names of the installed examples, sorted."""
    return sorted(_entries())


def load_example(name: str) -> "Example":
    """Return the installed example ``name``.

    Raises:
        UsageError: no such example is installed.
        ContractError: the entry point does not give an Example of that name.
    """
    from reward_kit.example import Example

    entries = _entries()
    if name not in entries:
        installed = ", ".join(entries) or "none"
        message = f"no example {name!r} is installed (installed: {installed}); pip install reward-kit-{name}"
        raise UsageError(message)
    value = entries[name].load()
    if not isinstance(value, Example) or value.name != name:
        message = f"entry point {entries[name].value!r} gives {value!r}, expected an Example named {name!r}"
        raise ContractError(message)
    return value


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
