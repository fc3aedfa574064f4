"""List answers: pages, order and field masks, as every collection of the gateway has them.

Not covered: ``filter`` (AIP-160) is refused rather than ignored, and ``orderBy`` takes one field of the top level.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from reward_kit.testing.fireworks.answers import Answer, Refusal, json_answer

__all__ = ["list_answer", "masked"]

_DEFAULT_SIZE: Final = 50
_MAX_SIZE: Final = 200


def list_answer(plural: str, resources: Sequence[Mapping[str, Any]], query: Mapping[str, str]) -> Answer:
    """Answer the page of ``resources`` that ``query`` asks for, with the token of the next one.

    Raises:
        Refusal: a parameter is wrong.
    """
    if query.get("filter"):
        message = "filter: the local server does not filter lists"
        raise Refusal(message, "UNIMPLEMENTED")
    order = query.get("orderBy", "") or "name"
    field, _, direction = order.partition(" ")
    if direction not in {"", "asc", "desc"} or not field.isalpha():
        message = f"orderBy: found {order!r}, expected one field, with 'desc' after it or not"
        raise Refusal(message)
    ordered = sorted(resources, key=lambda resource: str(resource.get(field, "")), reverse=direction == "desc")
    start = _start(query.get("pageToken", ""), order)
    end = start + _size(query.get("pageSize", ""))
    page = [masked(resource, query) for resource in ordered[start:end]]
    token = _token(order, end) if end < len(ordered) else ""
    return json_answer({plural: page, "nextPageToken": token, "totalSize": len(ordered)})


def masked(resource: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of ``resource`` that ``readMask`` names; all of them where it is empty or ``*``."""
    mask = {name.strip() for name in query.get("readMask", "").split(",") if name.strip()}
    return {name: value for name, value in resource.items() if not mask or "*" in mask or name in mask}


def _size(text: str) -> int:
    if not text:
        return _DEFAULT_SIZE
    if not text.isdecimal():
        message = f"pageSize: found {text!r}, expected a number from 0 to {_MAX_SIZE}"
        raise Refusal(message)
    return min(int(text), _MAX_SIZE) or _DEFAULT_SIZE


def _token(order: str, start: int) -> str:
    return base64.urlsafe_b64encode(f"{start}:{order}".encode()).decode()


def _start(token: str, order: str) -> int:
    if not token:
        return 0
    try:
        start, _, for_order = base64.urlsafe_b64decode(token).decode().partition(":")
    except ValueError:
        start, for_order = "", ""
    if not start.isdecimal() or for_order != order:
        message = f"pageToken: found {token!r}, expected the nextPageToken of the same list"
        raise Refusal(message)
    return int(start)
