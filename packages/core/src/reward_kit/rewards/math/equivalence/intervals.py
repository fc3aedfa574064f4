"""Sets of real numbers as unions of intervals: intervals as written, inequalities in one variable, set algebra."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import combinations

from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError
from reward_kit.rewards.math.equivalence.exact import Unfit
from reward_kit.rewards.math.equivalence.expression import Expr
from reward_kit.rewards.math.equivalence.model import Group, NamedSet, Reading, Relation, Scalar, SetOperation, Side
from reward_kit.rewards.math.equivalence.numeric import evaluate

__all__ = ["RealSet", "real_set", "same_set"]

DIGITS = 50
_SLACK = 15
_INFINITY = Decimal("Infinity")
_CONTEXT = Context(prec=DIGITS)
_BOUNDED = {"()", "[]", "(]", "[)"}
_FLIPPED = {"<": ">", ">": "<", "le": "ge", "ge": "le", "ne": "ne", "=": "="}


@dataclass(frozen=True, slots=True, order=True)
class _Interval:
    low: Decimal
    open_low: bool
    high: Decimal
    open_high: bool

    @property
    def empty(self) -> bool:
        return self.low > self.high or (_same(self.low, self.high) and (self.open_low or self.open_high))


RealSet = tuple[_Interval, ...]
"""Intervals from left to right that neither overlap nor touch."""

_ALL: RealSet = (_Interval(-_INFINITY, True, _INFINITY, True),)  # noqa: FBT003


def same_set(one: RealSet, other: RealSet) -> bool:
    """Say whether two sets of real numbers are equal."""
    return len(one) == len(other) and all(
        a.open_low == b.open_low and a.open_high == b.open_high and _same(a.low, b.low) and _same(a.high, b.high)
        for a, b in zip(one, other, strict=True)
    )


def real_set(reading: Reading) -> tuple[RealSet, frozenset[str]] | None:
    """Return the real numbers that a reading says, and the variables that it says them of; None where it says none."""
    try:
        return _real_set(reading)
    except (ExhaustedError, UndefinedError, Unfit):
        return None


def _real_set(reading: Reading) -> tuple[RealSet, frozenset[str]] | None:
    if isinstance(reading, SetOperation):
        return _operated(reading)
    if isinstance(reading, Relation):
        return _related(reading)
    if (
        isinstance(reading, Group)
        and not reading.brackets
        and any(not isinstance(item, Scalar) for item in reading.items)
    ):
        return _several(reading.items, reading.joint)
    found = _stated(reading)
    return None if found is None else (found, frozenset())


def _is_point(reading: Reading) -> bool:
    return isinstance(reading, Scalar)


def _is_pair(reading: Reading) -> bool:
    """Say whether an item of a list is a pair of coordinates rather than an interval."""
    if not isinstance(reading, Group) or reading.brackets != "()":
        return False
    return not any(isinstance(item, Scalar) and item.infinite for item in reading.items)


def _stated(reading: Reading) -> RealSet | None:
    """Return the set that is written out: a name, an interval, points."""
    if isinstance(reading, NamedSet):
        return _NAMED.get(reading.name)
    if isinstance(reading, Group) and reading.brackets in _BOUNDED:
        return _interval(reading)
    if not isinstance(reading, Group | Scalar):
        return None
    ends = [_bound(item) for item in (reading.items if isinstance(reading, Group) else (reading,))]
    found = [end for end in ends if end is not None and not end.is_infinite()]
    return _points(found) if len(found) == len(ends) else None


def _interval(group: Group) -> RealSet | None:
    """Return the interval that two ends in brackets are; None where they are no such pair."""
    ends = [end for end in map(_bound, group.items) if end is not None]
    if len(ends) != 2 or len(group.items) != 2:  # noqa: PLR2004
        return None
    if ends[0] > ends[1] or (ends[0] == ends[1] and group.brackets != "[]"):
        return None
    opened = [bracket in "()" or end.is_infinite() for bracket, end in zip(group.brackets, ends, strict=True)]
    return _merged([_Interval(ends[0], opened[0], ends[1], opened[1])])


def _several(items: tuple[Reading, ...], joint: str) -> tuple[RealSet, frozenset[str]] | None:
    """Join what several relations say: ``and`` intersects, ``or`` unites, a comma does whichever leaves something.

    Sets that overlap are not united: ``(4, 9), (5, 9) or (3, 9)`` is a list of guesses.
    """
    sets = [_real_set(item) for item in items]
    known = [found for found in sets if found is not None]
    names = frozenset[str]().union(*(found[1] for found in known))
    if len(known) != len(sets) or len(names) > 1:
        return None
    union = _merged([interval for found in known for interval in found[0]])
    both = known[0][0]
    for found in known[1:]:
        both = _intersection(both, found[0])
    relations = all(isinstance(item, Relation) for item in items)
    if joint != "or" and both and relations:
        return both, names
    overlap = any(_intersection(one[0], other[0]) for one, other in combinations(known, 2))
    return None if overlap else (union, names)


def _operated(reading: SetOperation) -> tuple[RealSet, frozenset[str]] | None:
    first = _real_set(reading.first)
    if first is None:
        return None
    value, names = first
    for operation, operand in reading.rest:
        other = _real_set(operand)
        if other is None:
            return None
        names |= other[1]
        if operation == "cup":
            value = _merged([*value, *other[0]])
        else:
            value = _intersection(value, other[0] if operation == "cap" else _complement(other[0]))
    return value, names


def _related(reading: Relation) -> tuple[RealSet, frozenset[str]] | None:
    r"""Return the solutions of inequalities that are linear in one variable, or of ``x \in S``."""
    sides, signs = reading.sides, reading.signs
    if signs == ("in",) and sides[1].reading is not None and sides[0].names:
        inner = _real_set(sides[1].reading)
        return None if inner is None else (inner[0], frozenset({sides[0].label}))
    if signs == ("=",):
        inner = _real_set(sides[1].reading) if sides[0].names and isinstance(sides[1].reading, Scalar) else None
        return None if inner is None else (inner[0], frozenset({sides[0].label}))
    if not all(sign in _FLIPPED for sign in signs):
        return None
    value, names = _ALL, frozenset[str]()
    for at, sign in enumerate(signs):
        solved = _solved(sides[at], sign, sides[at + 1])
        if solved is None:
            return None
        value, names = _intersection(value, solved[0]), names | {solved[1]}
    return (value, names) if len(names) == 1 else None


def _solved(left: Side, sign: str, right: Side) -> tuple[RealSet, str] | None:
    """Solve ``left sign right``, where there is one variable, and the difference or what is in bars is linear in it."""
    one, other = left.reading, right.reading
    if not isinstance(one, Scalar) or not isinstance(other, Scalar):
        return None
    names = one.value.names | other.value.names
    if len(names) != 1:
        return None
    (name,) = names
    if one.infinite or other.infinite:
        return _ALL, name
    if other.value.tree.op == "abs" and not one.value.names:
        one, sign, other = other, _FLIPPED[sign], one
    if one.value.tree.op == "abs" and not other.value.names:
        inside, bound = one.value.tree.args[0], other.value.tree
        sides = _linear(inside, bound, sign, name), _linear(inside, Expr("neg", (bound,)), _FLIPPED[sign], name)
        if sides[0] is None or sides[1] is None:
            return None
        outside = sign in {">", "ge", "="}
        return (_merged([*sides[0], *sides[1]]) if outside else _intersection(sides[0], sides[1])), name
    solved = _linear(one.value.tree, other.value.tree, sign, name)
    return None if solved is None else (solved, name)


def _linear(left: Expr, right: Expr, sign: str, name: str) -> RealSet | None:
    """Solve ``left sign right`` where their difference is linear in ``name``; None where it is not."""
    difference = Expr("add", (left, Expr("neg", (right,))))
    at = [_at(difference, name, Decimal(place)) for place in (0, 1, 3, -7)]
    slope = _CONTEXT.subtract(at[1], at[0])
    straight = all(
        _small(_CONTEXT.subtract(at[index], _CONTEXT.add(at[0], _CONTEXT.multiply(slope, Decimal(place)))), at[index])
        for index, place in ((2, 3), (3, -7))
    )
    if not straight or _small(slope, at[0]):
        return None
    end = _CONTEXT.divide(at[0].copy_negate(), slope)
    if slope < 0:
        sign = _FLIPPED[sign]
    if sign == "=":
        return _points([end])
    if sign == "ne":
        return _complement(_points([end]))
    opened = sign in {"<", ">"}
    if sign in {"<", "le"}:
        return (_Interval(-_INFINITY, True, end, opened),)  # noqa: FBT003
    return (_Interval(end, opened, _INFINITY, True),)  # noqa: FBT003


def _at(tree: Expr, name: str, place: Decimal) -> Decimal:
    value = evaluate(tree, DIGITS, values={name: place}, real=True)
    if not isinstance(value, Decimal):
        raise UndefinedError("expected a real number")
    return value


def _bound(reading: Reading) -> Decimal | None:
    """Return the real number that an end of an interval is; None where it is none."""
    if not isinstance(reading, Scalar) or reading.value.names:
        return None
    if reading.infinite:
        return _INFINITY if reading.infinite > 0 else -_INFINITY
    value = reading.value.number(DIGITS, real=True)
    return value if isinstance(value, Decimal) else None


def _points(values: Iterable[Decimal]) -> RealSet:
    return _merged([_Interval(value, False, value, False) for value in values])  # noqa: FBT003


def _same(one: Decimal, other: Decimal) -> bool:
    if one == other or one.is_infinite() or other.is_infinite():
        return one == other
    return _small(_CONTEXT.subtract(one, other), max(one.copy_abs(), other.copy_abs()))


def _small(gap: Decimal, beside: Decimal) -> bool:
    return not gap or gap.adjusted() < max(beside.adjusted() if beside else 0, -_SLACK) - DIGITS + _SLACK


def _merged(intervals: Iterable[_Interval]) -> RealSet:
    """Unite intervals."""
    found: list[_Interval] = []
    for interval in sorted(interval for interval in intervals if not interval.empty):
        last = found[-1] if found else None
        if last is None or not _touch(last, interval):
            found.append(interval)
            continue
        if _same(last.low, interval.low):
            last = _Interval(last.low, last.open_low and interval.open_low, last.high, last.open_high)
        if _same(last.high, interval.high):
            found[-1] = _Interval(last.low, last.open_low, last.high, last.open_high and interval.open_high)
        else:
            end = max(last, interval, key=lambda part: part.high)
            found[-1] = _Interval(last.low, last.open_low, end.high, end.open_high)
    return tuple(found)


def _touch(left: _Interval, right: _Interval) -> bool:
    """Say whether nothing lies between two intervals."""
    if _same(left.high, right.low):
        return not (left.open_high and right.open_low)
    return left.high > right.low


def _complement(value: RealSet) -> RealSet:
    found = []
    low, opened = -_INFINITY, True
    for interval in value:
        found.append(_Interval(low, opened, interval.low, not interval.open_low))
        low, opened = interval.high, not interval.open_high
    found.append(_Interval(low, opened, _INFINITY, True))  # noqa: FBT003
    return tuple(interval for interval in found if not interval.empty and interval.low != _INFINITY)


def _intersection(one: RealSet, other: RealSet) -> RealSet:
    found = []
    for a in one:
        for b in other:
            low = max((a, b), key=lambda part: (part.low, part.open_low))
            high = min((a, b), key=lambda part: (part.high, not part.open_high))
            found.append(_Interval(low.low, low.open_low, high.high, high.open_high))
    return _merged(found)


_NAMED: dict[str, RealSet] = {
    "empty": (),
    "R": _ALL,
    "R^+": (_Interval(Decimal(0), True, _INFINITY, True),),  # noqa: FBT003
    "R^*": _complement(_points([Decimal(0)])),
}
