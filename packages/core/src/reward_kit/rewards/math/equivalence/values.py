"""Values of expressions, computed once and only as far as a comparison needs them.

Expressions in variables are evaluated at fixed points: rational ones exactly modulo a prime, where two different
ones of degree d agree at a point with a probability of d / 2**61 (Schwartz-Zippel); others to many digits, at real
points of both signs and at whole numbers, where both sides have a real value.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from reward_kit.rewards.math.equivalence.decimals import Number
from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError
from reward_kit.rewards.math.equivalence.exact import PRIME, Unfit, exact, modular
from reward_kit.rewards.math.equivalence.expression import Expr, contains, names
from reward_kit.rewards.math.equivalence.numeric import evaluate

__all__ = ["MODULAR_POINTS", "Point", "Value", "points"]

MODULAR_POINTS = 2
_REAL_POINTS = 6
_WHOLE_POINTS = 5
_WHOLE = 100
"""Points from this index on are whole numbers."""

T = TypeVar("T")
_FAILURES = (Unfit, ExhaustedError, UndefinedError)


@dataclass(frozen=True, slots=True)
class Point:
    """A place at which expressions are evaluated: the same value for the same name, in every process."""

    index: int
    negative: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether the values here are whole numbers."""
        return self.index >= _WHOLE

    def value(self, name: str) -> Decimal:
        """Return the value of a variable here."""
        bits = _draw(name, self.index)
        if self.whole:
            return Decimal(1 + bits % 9)
        # Between 1/16 and 4: where roots, logarithms and inverse functions tend to be real, and powers small.
        size = Decimal(bits % 1_000_003) / Decimal(1_000_003) * (1 if self.index % 2 else 4)
        size = max(size, Decimal("0.0625"))
        return -size if name in self.negative else size


def points(names: Iterable[str]) -> Iterator[Point]:
    """Give real points with every sign of the first three names, each twice and more, then points of whole numbers."""
    ordered = sorted(names)
    signs = [frozenset(chosen) for size in range(4) for chosen in itertools.combinations(ordered[:3], size)]
    signs = [*signs, frozenset(ordered)] if len(ordered) > 3 else signs  # noqa: PLR2004 - those chosen from
    for index in range(max(_REAL_POINTS, 2 * len(signs))):
        yield Point(index, signs[index % len(signs)])
    for index in range(_WHOLE, _WHOLE + _WHOLE_POINTS):
        yield Point(index)


class Value:
    """An expression and what has been computed of it. Two threads may compute the same twice, to the same result."""

    __slots__ = ("_known", "names", "tree")

    def __init__(self, tree: Expr) -> None:
        self.tree = tree
        self.names = names(tree)
        self._known: dict[tuple[str, int, bool], object] = {}

    def __reduce__(self) -> tuple[type["Value"], tuple[Expr]]:
        return Value, (self.tree,)

    def _once(self, key: tuple[str, int, bool], compute: Callable[[], T]) -> T:
        """Return what ``compute`` returns or raises, computed once."""
        if key not in self._known:
            try:
                self._known[key] = compute()
            except _FAILURES as error:
                self._known[key] = error.with_traceback(None)
        known = self._known[key]
        if isinstance(known, _FAILURES):
            raise known
        return known  # type: ignore[return-value]  # what ``compute`` returned under this key

    def exact(self) -> Fraction:
        """Return the value of a rational expression without variables; raise Unfit for any other."""
        return self._once(("exact", 0, False), lambda: exact(self.tree, {}))

    def number(self, digits: int, *, real: bool = False) -> Number:
        """Return the value of an expression without variables."""
        return self._once(("number", digits, real), lambda: evaluate(self.tree, digits, real=real))

    def modular(self, point: int) -> int:
        """Return the value of a rational expression at a point, modulo ``PRIME``; raise Unfit for any other."""
        at = {name: _draw(name, point) % PRIME for name in self.names}
        return self._once(("modular", point, False), lambda: modular(self.tree, at))

    def sample(self, point: Point, digits: int, *, real: bool) -> Number:
        """Return the value at a point."""
        at = {name: point.value(name) for name in self.names}
        key = (f"sample {point.index} {' '.join(sorted(point.negative & self.names))}", digits, real)
        return self._once(key, lambda: evaluate(self.tree, digits, values=at, real=real))

    @property
    def rational(self) -> bool:
        """Whether the expression is a rational function, or a rational number too large for its exact value."""
        try:
            self.modular(0)
        except Unfit:
            return False
        except (ExhaustedError, UndefinedError):
            return True
        return True

    @property
    def is_complex(self) -> bool:
        """Whether the imaginary unit occurs in it."""
        return contains(self.tree, "i")


def _draw(name: str, point: int) -> int:
    """Return the same 64 random bits for a variable at a point, in every process."""
    return int.from_bytes(hashlib.blake2b(f"{name} {point}".encode(), digest_size=8).digest(), "big")
