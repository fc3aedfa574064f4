"""HTTP/1.1 on the wire: connections that are kept alive, right lengths, and the faults that happen there.

Not covered: TLS, HTTP/2, chunked request bodies (answered 411, as a server may).
"""

import contextlib
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from reward_kit.testing.fireworks.answers import Answer, Refusal, error_answer
from reward_kit.testing.fireworks.faults import FaultKind, Faults
from reward_kit.testing.fireworks.request import Request

if TYPE_CHECKING:
    from reward_kit.testing.fireworks.sockets import LocalHttpServer

__all__ = ["Connection", "end"]

_MAX_DIGITS: Final = 18
_LOGIN_PAGE: Final = b"<!doctype html><html><body><h1>Sign in to continue</h1></body></html>"
_CODES: Final = {
    "401": "UNAUTHENTICATED",
    "403": "PERMISSION_DENIED",
    "404": "NOT_FOUND",
    "408": "DEADLINE_EXCEEDED",
    "409": "ALREADY_EXISTS",
    "429": "RESOURCE_EXHAUSTED",
    "500": "INTERNAL",
    "502": "UNAVAILABLE",
    "503": "UNAVAILABLE",
    "504": "DEADLINE_EXCEEDED",
}
_MESSAGES: Final = {
    "401": "the API key is invalid",
    "404": "not found, inaccessible, and/or not deployed",
    "408": "the request took too long to arrive",
    "409": "the resource is being changed by another request",
    "429": "rate limit exceeded, please try again later",
    "500": "internal error",
    "502": "bad gateway",
    "503": "the service is overloaded, please try again later",
    "504": "the upstream did not answer in time",
}


class Connection(BaseHTTPRequestHandler):
    """Serves the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "LocalHttpServer"

    def handle(self) -> None:
        """Serve until the client, the server or a fault ends the connection."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True  # The client went away, or the server is being stopped: no one to tell.

    def finish(self) -> None:
        """Let go of the connection; what a client that went away did not take is lost."""
        with contextlib.suppress(ConnectionError):
            super().finish()
        self.rfile.close()

    def _serve(self) -> None:
        with self.server.recorder.answering():
            request = self._request()
            if isinstance(request, Answer):
                self._send(request)
                self._linger()
                return
            fault = self.server.schedule.next_fault(request)
            self.server.recorder.record(request, fault)
            if fault is None:
                self._send(self.server.service.answer(request))
            else:
                self._strike(fault, request)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - http.server's names

    def version_string(self) -> str:
        """Return what the Server header says."""
        return "local-fireworks"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - http.server's signature
        """Stay silent: the recorder has it all."""

    def _request(self) -> Request | Answer:
        """Read the request, or refuse to."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(method=self.command, target=self.path, headers=headers)
        inference = self.server.service.is_inference(request.path)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdecimal() or len(length) > _MAX_DIGITS:
            refusal = Refusal("the request has no valid Content-Length", status=411)
        elif int(length) > self.server.max_body:
            message = f"the body has {length} bytes, expected at most {self.server.max_body}"
            refusal = Refusal(message, status=413)
        else:
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                raise ConnectionAbortedError
            return Request(method=self.command, target=self.path, headers=headers, body=body)
        self.server.recorder.record(request, None)
        return _closing(error_answer(refusal, inference=inference))

    def _strike(self, fault: FaultKind, request: Request) -> None:
        if fault == "slow":
            self.server.service.stopping.wait(self.server.schedule.faults.delay)
            self._send(self.server.service.answer(request))
        elif fault == "cut-before-answer":
            self._cut()
        elif fault == "wrong-content-type":
            self._send(Answer(body=_LOGIN_PAGE, content_type="text/html; charset=utf-8"))
        elif fault == "empty-body":
            self._send(Answer(content_type=self.server.service.answer(request).content_type))
        elif fault in {"cut-mid-body", "truncated-json"}:
            self._send_half(self.server.service.answer(request), whole_length=fault == "cut-mid-body")
        else:
            self._send(self._error(fault, request))

    def _error(self, fault: FaultKind, request: Request) -> Answer:
        status, _, variant = fault.partition("-")
        message = _MESSAGES.get(status) or f"admin role required to call {self.server.service.operation(request)}"
        headers = _wait(variant, self.server.schedule.faults)
        refusal = Refusal(message, _CODES[status], status=int(status), headers=headers)
        return error_answer(refusal, inference=self.server.service.is_inference(request.path))

    def _send(self, answer: Answer) -> None:
        self._send_head(answer, None if answer.events is not None else len(answer.body))
        if self.command == "HEAD":
            self.wfile.flush()
            return
        if answer.events is None:
            self.wfile.write(answer.body)
        else:
            for event in answer.events:
                self._send_chunk(event)
            self._send_chunk(b"")
        self.wfile.flush()

    def _send_half(self, answer: Answer, *, whole_length: bool) -> None:
        """Send the first half: then cut the connection, or end the body as though that were all of it."""
        if answer.events is None:
            half = answer.body[: len(answer.body) // 2]
            self._send_head(answer, len(answer.body) if whole_length else len(half))
            self.wfile.write(half)
        else:
            middle = len(answer.events) // 2
            self._send_head(answer, None)
            for event in answer.events[:middle]:
                self._send_chunk(event)
            torn = answer.events[middle]
            self._send_chunk(torn[: len(torn) // 2])
            if not whole_length:
                self._send_chunk(b"")
        self.wfile.flush()
        if whole_length:
            self._cut()

    def _send_head(self, answer: Answer, length: int | None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("X-Request-Id", uuid4().hex)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Cache-Control", "no-cache")
        else:
            self.send_header("Content-Length", str(length))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.close:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _cut(self) -> None:
        self.close_connection = True
        end(self.connection)

    def _linger(self) -> None:
        """Read what the client still sends, for a moment: closing on unread bytes would reset what it has not read."""
        with contextlib.suppress(OSError):  # it has ended already
            self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(1.0)
        for _ in range(1024):
            if not self.connection.recv(1 << 16):
                return


def end(connection: socket.socket) -> None:
    """End ``connection`` in both directions, which wakes whoever waits for it."""
    with contextlib.suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)


def _closing(answer: Answer) -> Answer:
    return Answer(status=answer.status, body=answer.body, headers=answer.headers, close=True)


def _wait(variant: str, faults: Faults) -> dict[str, str]:
    if variant == "retry-after":
        return {"Retry-After": str(faults.retry_after_seconds)}
    if variant == "retry-after-ms":
        return {"retry-after-ms": str(round(faults.retry_after * 1000))}
    if variant == "retry-after-date":
        # The date has whole seconds only: one more, so that it never lies before what was asked for.
        date = datetime.now(UTC) + timedelta(seconds=faults.retry_after_seconds + 1)
        return {"Retry-After": format_datetime(date, usegmt=True)}
    return {}
