"""Put a failed request in words: the service's own message, the cause below an exception, and what to do about it."""

import json
import re

import requests
from urllib3.exceptions import ReadTimeoutError

__all__ = ["advice_for", "cause_text", "root_cause", "server_message", "whole_message"]

LONGEST_MESSAGE = 300

_ADVICE = {
    400: "the service calls the request malformed",
    402: "the account needs credit or a payment method",
    404: "this service has no such operation, or nothing of that name; check the base URL and the name",
    405: "this service does not have this operation; check the base URL",
    408: "it took too long; raise the timeout",
    412: "the account is suspended, or the model could not be loaded; see the account's page",
    413: "the request is too large; send fewer or shorter rows",
    422: "the service cannot use the request's fields",
    429: "the rate limit held; lower the concurrency, or run the same command later",
    501: "this service does not have this operation; check the base URL",
}


def server_message(text: str, content_type: str) -> str:
    """Return the first part of what an error body says, on one line; of an HTML page its title."""
    title = re.search(r"(?is)<title[^>]*>(.*?)</title>", text) if "html" in content_type.lower() else None
    return _one_line(title.group(1) if title else whole_message(text))


def whole_message(text: str) -> str:
    """Return what an error body says, with its line ends.

    Reads the shapes of Fireworks' gateway (``{"code", "message"}``), of its inference API and of OpenAI
    (``{"error": {"message"}}``), of FastAPI (``{"detail"}``), and plain text.
    """
    try:
        return _message_in(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _message_in(value: object) -> str:
    if isinstance(value, dict):
        for name in ("error", "message", "detail", "error_description"):
            if value.get(name):
                return _message_in(value[name])
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if value else ""


def advice_for(status: int, said: str, key_name: str | None) -> str:
    """Return what to do about an answer of ``status`` whose message is ``said``."""
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        return "redirects are not followed, lest the key go elsewhere; give the final base URL"
    if status == 401:  # noqa: PLR2004
        return f"check {key_name}: it is wrong or no longer valid" if key_name else "it wants a key; name one"
    if status == 403:  # noqa: PLR2004
        if "admin" in said.lower():
            return f"this needs the key of an account admin; {key_name or 'the key'} is not one"
        return f"{key_name or 'a request without a key'} may not do this on this account"
    if status >= 500 and status not in _ADVICE:  # noqa: PLR2004
        return "the service failed; run the same command later"
    return _ADVICE.get(status, "")


def root_cause(error: BaseException) -> BaseException:
    """Return the first of the exceptions that led to ``error``."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        reason = getattr(error, "reason", None)  # urllib3's MaxRetryError keeps its cause there
        error = (reason if isinstance(reason, BaseException) else None) or error.__cause__ or error.__context__ or error
    return error


def cause_text(error: Exception) -> str:
    """Return why a request got no whole answer."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.Timeout | ReadTimeoutError):
        return "no answer in time"
    proxy = "the proxy of the environment: " if isinstance(error, requests.exceptions.ProxyError) else ""
    root = root_cause(error)
    if isinstance(root, OSError) and root.strerror:
        return proxy + root.strerror[:1].lower() + root.strerror[1:]
    return proxy + (_one_line(str(root)) or type(root).__name__)


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"
