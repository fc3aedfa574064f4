"""What arrived: one parsed request, and the record of all of them that tests look at."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from reward_kit.testing.fireworks.answers import Refusal

__all__ = ["RecordedRequest", "Recorder", "Request"]

_REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, whole."""

    method: str
    target: str
    """The request target as sent: path and query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The decoded query; of a repeated name, the last value."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object; an empty body is an empty one.

        Raises:
            Refusal: it is something else.
        """
        if not self.body:
            return {}
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            message = f"the body is not valid JSON: {error}"
            raise Refusal(message) from error
        if not isinstance(value, dict):
            message = f"the body is a JSON {type(value).__name__}, expected an object"
            raise Refusal(message)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """A request as tests see it: the key is redacted, and so is the value of a secret."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    fault: str | None
    """The fault that it was answered with on purpose."""

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The body as JSON."""
        return json.loads(self.body)


class Recorder:
    """The requests so far, and how many were being answered at once. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[RecordedRequest] = []
        self._in_flight = 0
        self._most_in_flight = 0

    @property
    def requests(self) -> list[RecordedRequest]:
        """A copy of the record, in the order of arrival."""
        with self._lock:
            return list(self._requests)

    @property
    def in_flight(self) -> int:
        """How many requests are being answered now."""
        with self._lock:
            return self._in_flight

    @property
    def most_in_flight(self) -> int:
        """How many requests were being answered at once, at most."""
        with self._lock:
            return self._most_in_flight

    def clear(self) -> None:
        """Forget what was recorded."""
        with self._lock:
            self._requests.clear()
            self._most_in_flight = self._in_flight

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count a request as being answered."""
        with self._lock:
            self._in_flight += 1
            self._most_in_flight = max(self._most_in_flight, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def record(self, request: Request, fault: str | None) -> None:
        """Keep ``request`` without what is secret in it."""
        headers = {name: _REDACTED if name == "authorization" else value for name, value in request.headers.items()}
        seen = RecordedRequest(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=headers,
            body=_without_secret(request),
            fault=fault,
        )
        with self._lock:
            self._requests.append(seen)


def _without_secret(request: Request) -> bytes:
    if "/secrets" not in request.path:
        return request.body
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return b""  # Whatever it is, it may hold the secret.
    if not isinstance(sent, dict):
        return b""
    return json.dumps({name: _REDACTED if name == "value" else value for name, value in sent.items()}).encode()
