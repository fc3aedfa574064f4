"""A local service of SandboxFusion's shape: ``POST /run_code`` runs the code in a plain subprocess, ``GET /v1/ping``.

For tests of the client, on loopback, with code that is trusted: it confines nothing.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

__all__ = ["SandboxFusionServer"]

COMMANDS = {"python": [sys.executable, "-I"], "nodejs": ["node"]}
CUT_AT = 196_608


class SandboxFusionServer:
    """Use as a context manager; ``url`` is where it listens, ``requests`` what was asked.

    ``faults`` are answered first, one per request: a number is an HTTP status, ``"SandboxError"`` and ``"cut"`` are
    what the service says of its own failures, ``"garbage"`` is no JSON.
    """

    def __init__(self, *, faults: list[int | str] | None = None) -> None:
        self.faults = list(faults or [])
        self.requests: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, body: dict[str, Any]) -> tuple[int, bytes]:
        """Return status and body for one request."""
        self.requests.append(body)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return fault, b"fault"
        if fault == "garbage":
            return 200, b"<html>"
        if fault == "SandboxError":
            return 200, _reply("SandboxError", None)
        if fault == "cut":
            return 200, _reply("Failed", _result("TimeLimitExceeded", None, "x" * CUT_AT, ""))
        return 200, _run(body)


def _handler(service: SandboxFusionServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200, b'"pong"') if self.path == "/v1/ping" else self._send(404, b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/run_code":
                self._send(404, b"")
                return
            self._send(*service.answer(json.loads(body)))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Say nothing."""

    return Handler


def _run(body: dict[str, Any]) -> bytes:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(body["code"])
        file.flush()
        began = time.monotonic()
        try:
            done = subprocess.run(  # noqa: S603 - the purpose of this double
                [*COMMANDS[body["language"]], file.name],
                input=(body.get("stdin") or "").encode(),
                capture_output=True,
                timeout=body.get("run_timeout", 10),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _reply("Failed", _result("TimeLimitExceeded", None, "", ""))
    result = _result("Finished", done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - began)
    return _reply("Success" if done.returncode == 0 else "Failed", result)


def _result(status: str, code: int | None, stdout: str, stderr: str, seconds: float = 0.0) -> dict[str, Any]:
    return {"status": status, "execution_time": seconds, "return_code": code, "stdout": stdout, "stderr": stderr}


def _reply(status: str, run: dict[str, Any] | None) -> bytes:
    reply = {"status": status, "message": "", "compile_result": None, "run_result": run, "executor_pod_name": None}
    return json.dumps({**reply, "files": {}}).encode()
