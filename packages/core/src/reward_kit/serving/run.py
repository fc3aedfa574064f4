"""Run the server of a reward until it is told to stop."""

import socket
import time
from collections.abc import Callable
from typing import Any

import uvicorn

from reward_kit.errors import PrerequisiteError
from reward_kit.serving.app import create_app
from reward_kit.serving.graders import Graders
from reward_kit.serving.settings import ServeSettings

__all__ = ["serve"]

SILENT_TICKS = 5
"""Of uvicorn, ten of which are a second: how often it is looked for connections on which nothing is asked."""
SPARE_CONNECTIONS = 256
"""Beyond those that wait for a grading: for refusals, health and metrics."""


def serve(reward: Callable[..., Any], settings: ServeSettings, *, on_start: Callable[[str], None]) -> None:
    """Serve ``reward`` until SIGINT or SIGTERM; then finish what was taken. ``on_start`` gets the server's URL.

    Raises:
        PrerequisiteError: the address cannot be bound.
        ContractError: the reward cannot be loaded in a worker process.
    """
    listener = _bound(settings)
    graders = Graders(reward, settings)
    graders.start()
    app = create_app(reward, settings, graders=graders)
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        limit_concurrency=settings.max_queue + SPARE_CONNECTIONS,
        timeout_graceful_shutdown=int(2 * settings.timeout) + 5,
    )
    server = _Server(config, lambda: on_start(_url(listener)), settings.body_timeout)
    try:
        server.run([listener])
    finally:
        graders.kill()  # has nothing to do but where the application did not end as it should


class _Server(uvicorn.Server):
    """Says when it takes requests, and closes connections on which none comes: those count against the limit, too."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None], patience: float = 30.0) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._patience = patience
        self._silent: dict[Any, tuple[object, float]] = {}
        """Connections without a request in hand, with the last request and since when it is answered."""

    async def on_tick(self, counter: int) -> bool:
        if counter % SILENT_TICKS == 0:
            self._close_silent(time.monotonic())
        return await super().on_tick(counter)

    def _close_silent(self, now: float) -> None:
        before, self._silent = self._silent, {}
        for connection in list(self.server_state.connections):
            request: Any = getattr(connection, "cycle", None)
            if request is not None and not request.response_complete:
                continue
            last, since = before.get(connection, (request, now))
            since = since if last is request else now
            self._silent[connection] = (request, since)
            transport = getattr(connection, "transport", None)
            if now - since > self._patience and transport is not None:
                transport.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_start()


def _bound(settings: ServeSettings) -> socket.socket:
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"cannot listen on {settings.host}:{settings.port}: {reason}; choose another --host or --port"
        raise PrerequisiteError(message) from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
