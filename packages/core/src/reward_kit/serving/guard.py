"""Turn away, before anything is read: requests without the key, and bodies that are too long or too slow."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from reward_kit.serving.settings import ServeSettings

__all__ = ["OPEN_PATHS", "Guard"]

Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]
App: TypeAlias = Callable[[Event, Receive, Send], Awaitable[None]]

OPEN_PATHS = frozenset({"/health", "/docs", "/openapi.json"})
"""Answered without the key: they say nothing of what is graded."""


class Guard:
    """An ASGI application around another."""

    def __init__(self, app: App, settings: ServeSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Answer with an error, or let the request through with its whole body read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {bytes(name).lower(): bytes(value) for name, value in scope["headers"]}
        refusal = self._refusal(scope["path"], headers)
        if refusal is not None:
            await _answer(send, *refusal)
            return
        body = await self._body(receive)
        if isinstance(body, tuple):
            await _answer(send, *body)
            return
        await self._app(scope, _replayed(body, receive), send)

    def _refusal(self, path: str, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        key = self._settings.key
        if key is not None and path not in OPEN_PATHS:
            scheme, _, bearer = headers.get(b"authorization", b"").partition(b" ")
            sent = bearer.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"")
            if not sent:
                return 401, "API key required but not provided."
            if not hmac.compare_digest(sent, key.value.encode()):
                return 403, "Invalid API key."
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self._settings.max_body:
            return self._too_long()
        return None

    async def _body(self, receive: Receive) -> bytes | tuple[int, str]:
        """Return the whole body, or how to refuse it."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.body_timeout):
                while True:
                    event = await receive()
                    if event["type"] != "http.request":
                        return 400, "The client went away."
                    body += event.get("body", b"")
                    if len(body) > self._settings.max_body:
                        return self._too_long()
                    if not event.get("more_body"):
                        return bytes(body)
        except TimeoutError:
            return 408, f"The request was not whole within {self._settings.body_timeout:g} s."

    def _too_long(self) -> tuple[int, str]:
        return 413, f"The request is longer than {self._settings.max_body} bytes."


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read, and then whatever else comes."""
    given = False

    async def again() -> Event:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _answer(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:  # noqa: PLR2004 - RFC 9110: it names the scheme
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 408:  # noqa: PLR2004 - the rest of the request would be taken for the next
        # Not after 413: closed while the client still sends, the connection is reset and the answer lost with it.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
