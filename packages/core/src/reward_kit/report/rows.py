"""One row as the page gets it: the names are short, because there may be ten thousand of them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from reward_kit.models import Message
from reward_kit.report.text import clipped, kind_of, shown

__all__ = ["Outcome", "finite", "message_json", "outcome_of", "row_json"]

Outcome = Literal["failed", "not graded", "passed"]


def outcome_of(row: Mapping[str, Any], pass_score: float) -> Outcome:
    """Return what became of the row of a result."""
    if not row["is_score_valid"]:
        return "not graded"
    return "passed" if row["score"] >= pass_score else "failed"


def message_json(message: Message) -> dict[str, Any]:
    """Return a message as the page shows it: who says what, what was thought, and which tools are called."""
    calls = [call.get("function", call) for call in message.tool_calls or []]
    calls += [message.function_call] if message.function_call else []
    content = message.text or (shown(message.content) if message.content else "") or ""
    parts = {
        "role": message.role,
        "text": clipped(content),
        "thinking": shown(message.reasoning_content),
        "calls": [shown(call) for call in calls],
    }
    return {name: value for name, value in parts.items() if value}


def row_json(
    row: Mapping[str, Any],
    *,
    outcome: Outcome,
    prompt: Sequence[Message] | None,
    reply: Message | None,
    gold: object,
) -> dict[str, Any]:
    """Return a result and what it is about."""
    metrics = row.get("metrics") or {}
    return {
        "id": clipped(str(row["id"])),
        "outcome": outcome,
        "score": row["score"] if row["is_score_valid"] else None,
        "kind": kind_of(dict(row)),
        "reason": shown(row.get("reason")),
        "error": shown(row.get("error")),
        "cut": bool(row.get("cut_off")),
        "prompt": None if prompt is None else [message_json(message) for message in prompt],
        "reply": None if reply is None else message_json(reply),
        "extracted": _extracted(metrics),
        "gold": shown(gold) if gold is not None else _said_by(metrics, "ground_truth"),
        "metrics": [
            [
                clipped(name),
                finite(metric.get("score")),
                shown(metric.get("reason")),
                metric.get("is_score_valid", True),
            ]
            for name, metric in metrics.items()
            if isinstance(metric, dict)
        ],
    }


def finite(value: object) -> float | None:
    """Return a number as it is; None of what is no finite number, for which JSON has no form."""
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _extracted(metrics: Mapping[str, Any]) -> str | None:
    """Return the answer that the reward read out of the reply, or, with the score 0, why it read none."""
    said = _said_by(metrics, "extracted_answer")
    nothing = any(
        path.rpartition("/")[2] == "extracted_answer" and metric.get("score") == 0 for path, metric in metrics.items()
    )
    return f"none: {said}" if nothing else said


def _said_by(metrics: Mapping[str, Any], name: str) -> str | None:
    """Return what the metric ``name`` says, of whichever part of a composite it is."""
    found = (metric for path, metric in metrics.items() if path.rpartition("/")[2] == name)
    return next((shown(metric.get("reason")) for metric in found), None)
