"""Grade the text of a reply, by settings that make sense."""

import math
from collections.abc import Callable, Sequence

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message

__all__ = ["finite", "on_reply"]


def on_reply(messages: Sequence[Message], grade: Callable[[str], EvaluateResult]) -> EvaluateResult:
    """Return what ``grade`` says of the text of the reply: the last message, which has to be the assistant's.

    Where it is not, or where ``grade`` raises GradingError, the result is *not graded*. The text is without
    ``reasoning_content``, the thinking that an endpoint kept apart.
    """
    if not messages or messages[-1].role != "assistant":
        found = f"a last message of the role {messages[-1].role!r}" if messages else "no messages"
        return EvaluateResult.not_graded(f"found {found}, expected the assistant's reply at the end")
    try:
        return grade(messages[-1].text)
    except GradingError as error:
        return EvaluateResult.not_graded(str(error))


def finite(name: str, value: float, *, least: float = -math.inf) -> float:
    """Return a setting of a reward as a float.

    Raises:
        UsageError: it is not a finite number, or less than ``least``.
    """
    if isinstance(value, int | float) and math.isfinite(value) and value >= least:
        return float(value)
    bound = "" if least == -math.inf else f" of at least {least:g}"
    message = f"found {name}={value!r}, expected a finite number{bound}"
    raise UsageError(message)
