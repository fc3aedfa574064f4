r"""The decisions that a verdict on mathematics rests on, and the settings that change them.

- **Exactness.** Integers, fractions and decimals are equal or they are not: 0.333 is not 1/3, 3.14 is not pi. There is
  no absolute tolerance and no relative one unless ``tolerance`` or ``absolute_tolerance`` gives it, and a gold that is
  a whole number stays exact under ``tolerance``: 2023 is never 2024.
- **Decimals of irrational numbers.** A decimal answers an irrational gold when it has ``significant_digits`` correct
  digits, rounded or cut off (``1.41421`` for ``\sqrt{2}``). A gold that is itself a decimal is exact.
- **Percent.** Where one side has the sign and the other has not, ``50%`` equals both 50 and 0.5; where neither has it,
  0.5 and 50 differ.
- **Units** need not be there, unless ``require_units`` says so. Two known measures that differ (``5 cm``, ``5 m``,
  a.m. and p.m.) are a wrong answer; there is no conversion. A base is part of a number: ``204_5`` is not ``204_6``.
- **Order.** Sets and lists without brackets are unordered and complete: one value of two is wrong, and so are three
  for two. Tuples, intervals and matrices are ordered. ``\pm`` means both values.
- **Chains.** In ``a = b = c`` every side must have the same value, else the answer contradicts itself and is wrong;
  ``\approx`` lets the decimal side be a rounding. ``x = 5`` is 5; an equation is the same up to a constant factor.
- **Choices.** A letter matches with or without the text of its choice, and never another text.
- **Words** are compared without regard to case, articles and punctuation; nothing is guessed from their letters.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from reward_kit.errors import UsageError

__all__ = ["DEFAULT", "Policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How strictly an answer is compared with its gold, and within which limits."""

    tolerance: float = 0.0
    """The relative error that is let pass; a gold that is a whole number stays exact."""
    absolute_tolerance: float = 0.0
    """The absolute error that is let pass, for whole numbers too."""
    require_units: bool = False
    """Whether the unit of the gold must be in the answer."""
    significant_digits: int = 6
    """How many digits of a decimal must be correct where the gold is irrational."""
    lenient: bool = False
    """Whether the last number of a reply that marks no answer is taken for one."""
    seconds: float = 1.0
    """The wall time that one answer may cost where a computer algebra system has to decide."""
    memory_megabytes: int = 1024
    """The address space of that system."""

    def __post_init__(self) -> None:
        for name, value in (("tolerance", self.tolerance), ("absolute_tolerance", self.absolute_tolerance)):
            if not math.isfinite(value) or value < 0:
                message = f"found {name}={value!r}, expected a finite number that is not negative"
                raise UsageError(message)
        for name, value in (
            ("significant_digits", self.significant_digits),
            ("seconds", self.seconds),
            ("memory_megabytes", self.memory_megabytes),
        ):
            if not math.isfinite(value) or value <= 0:
                message = f"found {name}={value!r}, expected a finite number above 0"
                raise UsageError(message)

    def allowed(self, gold: Fraction) -> Fraction:
        """Return the absolute error that an answer to ``gold`` may have."""
        absolute = _as_written(self.absolute_tolerance)
        if gold.denominator == 1 or not self.tolerance:
            return absolute
        return max(absolute, _as_written(self.tolerance) * abs(gold))


DEFAULT = Policy()


def _as_written(value: float) -> Fraction:
    """Return the decimal that a tolerance is written as."""
    return Fraction(repr(float(value))) if value else Fraction(0)
