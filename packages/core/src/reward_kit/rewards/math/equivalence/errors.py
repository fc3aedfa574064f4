"""Why a text cannot be compared: not readable, or too large to compute."""

__all__ = ["ExhaustedError", "UnreadableError"]


class UnreadableError(Exception):
    """The text is no mathematics that is read here."""


class ExhaustedError(Exception):
    """The expression is larger than what is computed here."""


class UndefinedError(Exception):
    """The expression has no value: a division by zero, the logarithm of zero."""
