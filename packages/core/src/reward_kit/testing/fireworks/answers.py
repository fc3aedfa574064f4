"""What the server answers: JSON, a stream of events, or an error in the shape of the API that was asked.

Two error shapes exist side by side. The gateway (``/v1/accounts/…``) answers google.rpc.Status; the inference
API answers OpenAI's ``{"error": {…}}``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Answer", "Code", "Refusal", "error_answer", "json_answer"]

Code = str
"""The name of a google.rpc.Code."""

_CODES: Final[dict[Code, tuple[int, int]]] = {
    "INVALID_ARGUMENT": (3, 400),
    "DEADLINE_EXCEEDED": (4, 504),
    "NOT_FOUND": (5, 404),
    "ALREADY_EXISTS": (6, 409),
    "PERMISSION_DENIED": (7, 403),
    "RESOURCE_EXHAUSTED": (8, 429),
    "FAILED_PRECONDITION": (9, 400),
    "UNIMPLEMENTED": (12, 501),
    "INTERNAL": (13, 500),
    "UNAVAILABLE": (14, 503),
    "UNAUTHENTICATED": (16, 401),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    events: tuple[bytes, ...] | None = None
    """Server-sent events, which are sent one by one in place of ``body``."""
    close: bool = False
    """Whether the connection ends with this answer."""


class Refusal(Exception):  # noqa: N818 - an answer that the server gives, not a failure of it
    """The answer is an error; ``status`` overrides the HTTP status that belongs to ``code``."""

    def __init__(
        self,
        message: str,
        code: Code = "INVALID_ARGUMENT",
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = _CODES[code][1] if status is None else status
        self.headers = dict(headers or {})


def json_answer(value: object, *, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer ``value`` as JSON."""
    return Answer(body=_json(value), headers=headers or {})


def error_answer(refusal: Refusal, *, inference: bool) -> Answer:
    """Answer ``refusal`` in the shape of the inference API or of the gateway."""
    body: dict[str, object]
    if inference:
        kind = "invalid_request_error" if refusal.status < 500 else "server_error"  # noqa: PLR2004 - HTTP
        body = {"error": {"object": "error", "type": kind, "code": refusal.code, "message": refusal.message}}
    else:
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": refusal.code,
            "domain": "fireworks.ai",
            "metadata": {},
        }
        body = {"code": _CODES[refusal.code][0], "message": refusal.message, "details": [info]}
    return Answer(status=refusal.status, body=_json(body), headers=refusal.headers)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode(errors="replace")
