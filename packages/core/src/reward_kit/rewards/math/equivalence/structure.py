"""Decide whether two readings say the same: which of them are ordered, what a name stands for, what a unit excludes.

The policy behind each rule is written in ``reward_kit.rewards.math.policy``.
"""

from collections.abc import Sequence
from decimal import Decimal

from reward_kit.rewards.math.equivalence.conversions import hundredth, in_base_ten, product, quotient, same_time, vector
from reward_kit.rewards.math.equivalence.decimals import Number
from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError
from reward_kit.rewards.math.equivalence.exact import Unfit
from reward_kit.rewards.math.equivalence.intervals import real_set, same_set
from reward_kit.rewards.math.equivalence.model import (
    Based,
    Choice,
    Clock,
    Group,
    Matrix,
    NamedSet,
    Opaque,
    Ratio,
    Reading,
    Relation,
    Scalar,
    SetOperation,
    Words,
)
from reward_kit.rewards.math.equivalence.relations import (
    assigned_value,
    by_name,
    different_names,
    flattened,
    same_equation,
    same_inequality,
    values_of,
)
from reward_kit.rewards.math.equivalence.scalars import equal, rounds_to
from reward_kit.rewards.math.policy import Policy
from reward_kit.rewards.math.units import units_conflict, units_cover

__all__ = ["Comparer", "OpaqueError"]

MAX_ITEMS = 100
_MOST_REPEATED = 4
"""How many times more items than members a set may be written with."""
_SET_LIKE = (Group, NamedSet, SetOperation, Relation)


class OpaqueError(Exception):
    """One of the two holds mathematics that only a computer algebra system reads."""


class Comparer:
    """One comparison of an answer with its gold, under a policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.reason = ""
        """Why the two differ, where there is more to say than that they do."""

    def same(self, answer: Reading, gold: Reading) -> bool:
        """Say whether ``answer`` says what ``gold`` says.

        Raises:
            OpaqueError: this cannot be decided here.
            ExhaustedError: an expression is too large.
            UndefinedError: an expression has no value.
        """
        answer, gold = _unwrapped(answer), _unwrapped(gold)
        if isinstance(answer, Opaque) or isinstance(gold, Opaque):
            raise OpaqueError
        if isinstance(answer, Scalar) and isinstance(gold, Scalar):
            return self.scalars(answer, gold)
        if isinstance(answer, Choice) or isinstance(gold, Choice):
            return self.choices(answer, gold)
        if isinstance(answer, Relation) and isinstance(gold, Relation) and self.relations(answer, gold):
            return True
        if isinstance(answer, Relation) != isinstance(gold, Relation) and self.assigned(answer, gold):
            return True
        if isinstance(answer, Group) and isinstance(gold, Group) and self.groups(answer, gold):
            return True
        if isinstance(answer, _SET_LIKE) and isinstance(gold, _SET_LIKE) and self.sets(answer, gold):
            return True
        return self.others(answer, gold)

    def others(self, answer: Reading, gold: Reading) -> bool:
        """Compare what is neither a value nor a group."""
        match answer, gold:
            case (Words(), Words()) | (Clock(), Clock()) | (Based(), Based()) | (NamedSet(), NamedSet()):
                return answer == gold
            case (Matrix(rows=one), Matrix(rows=other)):
                return len(one) == len(other) and all(self.in_order(a, g) for a, g in zip(one, other, strict=True))
            case (Matrix(), Group()) | (Group(), Matrix()):
                return bool(vector(answer)) and self.in_order(vector(answer), vector(gold))
            case (Ratio(), _) | (_, Ratio()):
                return self.ratios(answer, gold)
            case (Based(), Scalar()) | (Scalar(), Based()):
                return in_base_ten(answer) is not None and in_base_ten(answer) == in_base_ten(gold)
        return False

    def scalars(self, answer: Scalar, gold: Scalar) -> bool:
        """Compare two values with their units."""
        if answer.infinite or gold.infinite:
            return answer.infinite == gold.infinite
        values = [(answer.value, gold.value)]
        if answer.percent and not gold.percent:
            values.append((hundredth(answer.value), gold.value))
        elif gold.percent and not answer.percent:
            values.append((answer.value, hundredth(gold.value)))
        if not any(equal(one, other, self.policy) for one, other in values):
            return False
        if units_conflict(answer.units, gold.units):
            self.reason = "the units differ"
            return False
        covered = units_cover(answer.units, gold.units) and (answer.percent or not gold.percent)
        if self.policy.require_units and not covered:
            self.reason = "the unit is missing"
            return False
        return True

    def choices(self, answer: Reading, gold: Reading) -> bool:
        """Compare a choice, whose letter stands with or without its text; one without text may be a variable."""
        if isinstance(answer, Choice) and isinstance(gold, Choice):
            texts = answer.rest is None or gold.rest is None or self.same(answer.rest, gold.rest)
            return answer.letter.upper() == gold.letter.upper() and texts
        choice, other = (answer, gold) if isinstance(answer, Choice) else (gold, answer)
        if not isinstance(choice, Choice):
            return False
        if choice.rest is None:
            return isinstance(other, Scalar) and other.value.tree.text == choice.letter
        return self.same(choice.rest, gold) if choice is answer else self.same(answer, choice.rest)

    def relations(self, answer: Relation, gold: Relation) -> bool:
        """Compare two equations or inequalities."""
        if answer.equality and gold.equality:
            one, other = answer.sides[0], gold.sides[0]
            alike = one.label == other.label or _function_of(one.label) == _function_of(other.label) != ""
            if one.names and other.names and alike:
                return self.values(answer, gold)
            return same_equation(answer, gold)
        if answer.signs == gold.signs == ("in",):
            left, right = answer.sides, gold.sides
            if left[1].reading is None or right[1].reading is None:
                return left[1].label == right[1].label and left[0].label == right[0].label
            return left[0].label == right[0].label and self.same(left[1].reading, right[1].reading)
        return same_inequality(answer, gold)

    def values(self, answer: Relation, gold: Relation) -> bool:
        """Compare what two relations say of the same name; the gold says one thing."""
        wanted = gold.sides[-1].reading
        return wanted is not None and self.chain(answer, wanted)

    def assigned(self, answer: Reading, gold: Reading) -> bool:
        """Compare ``x = 5`` with 5."""
        if isinstance(answer, Relation):
            if answer.signs == ("in",) and answer.sides[1].reading is not None:
                return self.same(answer.sides[1].reading, gold)
            return answer.equality and self.chain(answer, gold)
        if isinstance(gold, Relation) and gold.sides[-1].reading is not None and gold.sides[0].names:
            plain = gold.equality or gold.signs == ("in",)
            return plain and not gold.sides[0].digits and self.same(answer, gold.sides[-1].reading)
        return False

    def chain(self, answer: Relation, gold: Reading) -> bool:
        """Say whether every side of a chain of equalities is the gold, but for a name at its beginning."""
        sides = values_of(answer, gold)
        if sides is None:
            return False
        found = False
        for reading, rounded in sides:
            if self.same(reading, gold):
                found = True
            elif not rounded or not _rounding(reading, gold):
                self.reason = "the sides of the equality differ" if found else ""
                return False
        return found

    def groups(self, answer: Group, gold: Group) -> bool:
        """Compare tuples in order and sets in any."""
        one, other = flattened(answer), flattened(gold)
        if max(len(one), len(other)) > MAX_ITEMS:
            raise ExhaustedError("too many items")
        if answer.ordered and gold.ordered:
            brackets = answer.brackets == gold.brackets or (len(one) > 2 and "(" not in answer.brackets[1:])  # noqa: PLR2004
            return brackets and self.in_order(one, other)
        if answer.ordered or gold.ordered:
            unordered = gold if answer.ordered else answer
            if unordered.brackets or (gold if answer is unordered else answer).brackets != "()":
                return False
            pair = (one, by_name(other)) if answer.ordered else (by_name(one), other)
            return self.in_order(*pair)
        if answer.brackets or gold.brackets or all(isinstance(item, Group) for item in (*one, *other)):
            if max(len(one), len(other)) > _MOST_REPEATED * min(len(one), len(other)):
                return False
            one, other = self.distinct(one), self.distinct(other)
        if self.matched(one, other):
            return True
        stated = [assigned_value(item) for item in one], [assigned_value(item) for item in other]
        if (None in stated[0]) == (None in stated[1]):
            return False
        bare = [value or item for value, item in zip(stated[0], one, strict=True)]
        wanted = [value or item for value, item in zip(stated[1], other, strict=True)]
        return self.in_order(bare, wanted) if different_names(one, other) else self.matched(bare, wanted)

    def in_order(self, answer: Sequence[Reading], gold: Sequence[Reading]) -> bool:
        """Compare item by item."""
        return len(answer) == len(gold) and all(self.same(a, g) for a, g in zip(answer, gold, strict=True))

    def matched(self, answer: Sequence[Reading], gold: Sequence[Reading]) -> bool:
        """Say whether each item of one is one item of the other."""
        if len(answer) != len(gold):
            self.reason = f"{len(answer)} answers where there are {len(gold)}"
            return False
        left = list(answer)
        for wanted in gold:
            for at, item in enumerate(left):
                if self.same(item, wanted):
                    del left[at]
                    break
            else:
                return False
        return True

    def distinct(self, items: Sequence[Reading]) -> list[Reading]:
        """Drop the repeated members of a set."""
        found: list[Reading] = []
        for item in items:
            if not any(self.same(item, other) for other in found):
                found.append(item)
        return found

    def sets(self, answer: Reading, gold: Reading) -> bool:
        """Compare sets of real numbers, however they are described."""
        if _is_list(answer) and _is_list(gold):
            return False
        one, other = real_set(answer), real_set(gold)
        if one is None or other is None:
            return False
        same_names = not one[1] or not other[1] or one[1] == other[1]
        return same_names and same_set(one[0], other[0])

    def ratios(self, answer: Reading, gold: Reading) -> bool:
        """Compare a ratio up to a factor, with a quotient, or as a time of day."""
        match answer, gold:
            case (Clock(), Ratio(clock=True)) | (Ratio(clock=True), Clock()):
                return same_time(answer, gold) and not self.policy.require_units
            case (Ratio(clock=True, parts=one), Ratio(clock=True, parts=other)):
                return self.in_order(one, other)
            case (Ratio(parts=one), Ratio(parts=other)) if answer.zeros == gold.zeros:
                return len(one) == len(other) and all(
                    equal(product(a, other[0]), product(one[0], g), self.policy)
                    for a, g in zip(one[1:], other[1:], strict=True)
                )
            case (Ratio(clock=False, parts=(top, bottom)), Scalar()):
                return self.scalars(quotient(top, bottom), gold)
            case (Scalar(), Ratio(clock=False, parts=(top, bottom))):
                return self.scalars(answer, quotient(top, bottom))
        return False


def _unwrapped(reading: Reading) -> Reading:
    """Return the one item of a list or set of one."""
    while isinstance(reading, Group) and (len(reading.items) == 1 or not reading.brackets):
        items = flattened(reading)
        if len(items) != 1:
            break
        reading = items[0]
    return reading


def _is_list(reading: Reading) -> bool:
    """Say whether a reading lists values, which are compared one by one."""
    return isinstance(reading, Group) and not reading.ordered and all(isinstance(i, Scalar) for i in reading.items)


def _function_of(label: str) -> str:
    """Return the letter of ``f(x)``; empty for any other label."""
    return label[0] if len(label) > 3 and label[1] == "(" and label.endswith(")") else ""  # noqa: PLR2004


def _rounding(reading: Reading, gold: Reading) -> bool:
    r"""Say whether one is a decimal that the other rounds to, behind a ``\approx``."""
    if not isinstance(reading, Scalar) or not isinstance(gold, Scalar):
        return False
    digits = reading.value.tree.digits or gold.value.tree.digits
    try:
        one, other = reading.value.number(80), gold.value.number(80)
    except (ExhaustedError, UndefinedError, Unfit):
        return False
    return digits > 1 and _real(one) and _real(other) and rounds_to(one, other, digits)  # type: ignore[arg-type]  # both are real


def _real(value: Number) -> bool:
    return isinstance(value, Decimal)
