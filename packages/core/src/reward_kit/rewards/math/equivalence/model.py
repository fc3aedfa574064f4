"""What an answer can be: a value, a group of answers, a relation, a matrix, a set, a ratio, words."""

from dataclasses import dataclass
from typing import Literal

from reward_kit.rewards.math.equivalence.values import Value

__all__ = [
    "Based", "Choice", "Clock", "Group", "Matrix", "NamedSet", "Opaque", "Ratio", "Reading", "Relation", "Scalar",
    "SetOperation", "Side", "Words",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value with its unit."""

    value: Value
    units: tuple[str, ...] = ()
    percent: bool = False
    infinite: int = 0
    """The sign of an infinity; 0 for any other value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Several answers: a tuple or interval in its brackets, a set in ``{}``, a list without brackets."""

    brackets: str
    """Two characters, or none for a list without brackets."""
    items: tuple["Reading", ...]
    joint: Literal["and", "or", ","] = ","
    """The word between the items of a list."""

    @property
    def ordered(self) -> bool:
        """Whether the order of the items counts."""
        return self.brackets not in {"", "{}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a relation."""

    reading: "Reading | None"
    """None where it is words or empty."""
    label: str
    """The side as it is written, without spaces."""
    names: bool
    r"""Whether it only names what the other side says: ``x``, ``f(2)``, ``AB``, ``\text{area}``."""
    digits: bool
    """Whether it has digits outside subscripts and brackets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    r"""Sides with signs between them: ``x = 5``, ``0 \le x < 1``, ``x \in [0, 1)``."""

    sides: tuple[Side, ...]
    signs: tuple[str, ...]
    """``=``, ``approx``, ``ne``, ``<``, ``>``, ``le``, ``ge``, ``in`` …"""

    @property
    def equality(self) -> bool:
        """Whether every sign says equal."""
        return all(sign in {"=", "approx"} for sign in self.signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Rows of cells."""

    rows: tuple[tuple["Reading", ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSet:
    """A set with a name of its own, as ``R`` or ``Z``; the empty set is ``empty``."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOperation:
    """Sets joined by ``cup``, ``cap`` or ``setminus``, from left to right."""

    first: "Reading"
    rest: tuple[tuple[str, "Reading"], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Values with colons between them."""

    parts: tuple[Scalar, ...]
    clock: bool
    """Whether it may be a time of day: ``4:30``."""
    zeros: bool
    """Whether a part is written with a leading zero, as no ratio is: ``4:05``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time with its half of the day."""

    seconds: int
    half: Literal["am", "pm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Based:
    """A whole number written in a base."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The letter of a choice, with its text if that is given."""

    letter: str
    rest: "Reading | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words, in lower case, without articles and punctuation."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """Mathematics that is not read here."""

    text: str
    reason: str


Reading = Scalar | Group | Relation | Matrix | NamedSet | SetOperation | Ratio | Clock | Based | Choice | Words | Opaque
