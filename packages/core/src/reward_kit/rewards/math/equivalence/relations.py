"""Compare equations and inequalities up to a constant factor, and take chains of them apart."""

from collections.abc import Sequence

from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError
from reward_kit.rewards.math.equivalence.exact import PRIME, Unfit
from reward_kit.rewards.math.equivalence.expression import Expr
from reward_kit.rewards.math.equivalence.model import Group, NamedSet, Reading, Relation, Scalar, Side
from reward_kit.rewards.math.equivalence.scalars import ratio_constant
from reward_kit.rewards.math.equivalence.values import Value

__all__ = ["assigned_value", "by_name", "different_names", "flattened", "same_equation", "same_inequality", "values_of"]

_GREATER = {">": (">", False), "ge": ("ge", False), "<": (">", True), "le": ("ge", True), "ne": ("ne", False)}


def values_of(relation: Relation, gold: Reading) -> list[tuple[Reading, bool]] | None:
    r"""Return the sides of a chain of equalities that must be its value, and which may be rounded.

    The first side may be a name instead (``x = …``, ``\text{area} = …``, or any expression in letters alone where the
    gold is a number). None where the chain is an equation, which has no value.
    """
    first, rest = relation.sides[0], relation.sides[1:]
    if any(side.reading is None for side in rest):
        return None
    rounded = any(sign == "approx" for sign in relation.signs)
    values = [(side.reading, rounded) for side in rest if side.reading is not None]
    if _is_name(first, gold):
        return values
    if first.reading is None or (isinstance(first.reading, Scalar) and first.reading.value.names and not _free(gold)):
        return None
    if len(relation.sides) == 2 and isinstance(first.reading, Scalar) and first.reading.value.names:  # noqa: PLR2004
        return None
    return [(first.reading, rounded), *values]


def _is_name(side: Side, gold: Reading) -> bool:
    if side.names or not side.label:
        return True
    closed = isinstance(gold, Scalar) and not gold.value.names
    return closed and not side.digits and isinstance(side.reading, Scalar) and bool(side.reading.value.names)


def _free(gold: Reading) -> bool:
    """Say whether the gold is an expression in variables."""
    return isinstance(gold, Scalar) and bool(gold.value.names)


def _difference(left: Side, right: Side) -> Value | None:
    one, other = left.reading, right.reading
    if not isinstance(one, Scalar) or not isinstance(other, Scalar) or one.infinite or other.infinite:
        return None
    return Value(Expr("add", (one.value.tree, Expr("neg", (other.value.tree,)))))


def _pairs(relation: Relation) -> list[Value | None]:
    return [_difference(left, right) for left, right in zip(relation.sides, relation.sides[1:], strict=False)]


def same_equation(answer: Relation, gold: Relation) -> bool:
    """Say whether two equations are the same up to a constant factor."""
    one, other = _pairs(answer), _pairs(gold)
    return len(one) == len(other) and all(_same_zeros(a, g) for a, g in zip(one, other, strict=True))


def _same_zeros(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None or one.names != other.names or not one.names:
        return False
    if one.rational and other.rational:
        try:
            (a, b), (c, d) = [(one.modular(point), other.modular(point)) for point in (0, 1)]
        except (ExhaustedError, UndefinedError, Unfit):
            return False
        return bool(a and b) and a * d % PRIME == b * c % PRIME
    return ratio_constant(one, other) is not None


def same_inequality(answer: Relation, gold: Relation) -> bool:
    """Say whether two inequalities are the same up to a positive factor."""
    one, other = _oriented(answer), _oriented(gold)
    if one is None or other is None or len(one) != len(other):
        return False
    return _match(one, other) or (len(one) > 1 and _match(one[::-1], other))


def _match(one: Sequence[tuple[str, Value]], other: Sequence[tuple[str, Value]]) -> bool:
    for (sign, value), (wanted, gold) in zip(one, other, strict=True):
        if sign != wanted or value.names != gold.names:
            return False
        factor = ratio_constant(value, gold)
        if factor is None or (factor < 0 and sign != "ne"):
            return False
    return True


def _oriented(relation: Relation) -> list[tuple[str, Value]] | None:
    """Write each pair of sides as an expression that is greater than zero."""
    found = []
    for at, sign in enumerate(relation.signs):
        if sign not in _GREATER:
            return None
        greater, flipped = _GREATER[sign]
        left, right = relation.sides[at], relation.sides[at + 1]
        value = _difference(right, left) if flipped else _difference(left, right)
        if value is None:
            return None
        found.append((greater, value))
    return found


def flattened(group: Group) -> list[Reading]:
    r"""Return the items of a group, with those of ``\pm`` among them, and without conditions on a name.

    A condition is ``k \in \mathbb{Z}`` beside other items.
    """
    items: list[Reading] = []
    for item in group.items:
        if isinstance(item, Group) and not item.brackets and item.joint == "or" and not group.ordered:
            items.extend(item.items)
        else:
            items.append(item)
    if group.ordered:
        return items
    kept = [item for item in items if not _is_condition(item)]
    values = [item for item in kept if not isinstance(item, Relation) or item.equality]
    if len(values) < len(kept) and values and all(_has_variables(item) for item in values):
        kept = values
    return kept or items


def _has_variables(item: Reading) -> bool:
    """Say whether an item is an expression in variables, which a condition may follow: ``x^2, x > 0``."""
    return isinstance(item, Scalar) and bool(item.value.names)


def _is_condition(item: Reading) -> bool:
    return isinstance(item, Relation) and item.signs == ("in",) and isinstance(item.sides[1].reading, NamedSet)


def assigned_value(item: Reading) -> Reading | None:
    """Return what an item says of a name; None where it does not."""
    if isinstance(item, Relation) and item.equality and item.sides[0].names:
        return item.sides[-1].reading
    return None


def different_names(one: Sequence[Reading], other: Sequence[Reading]) -> bool:
    """Say whether the items are of several names."""
    labels = [item.sides[0].label for item in (*one, *other) if isinstance(item, Relation)]
    return len(set(labels)) > 1


def by_name(items: Sequence[Reading]) -> Sequence[Reading]:
    """Return what is assigned to each of several names, in the order of the names; else the items as they are."""
    values = [assigned_value(item) for item in items]
    labels = [item.sides[0].label for item in items if isinstance(item, Relation)]
    if None in values or len(set(labels)) != len(items):
        return items
    found = sorted(zip(labels, values, strict=True), key=lambda pair: pair[0])
    return [value for _, value in found if value is not None]
