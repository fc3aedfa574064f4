"""Run the server of a reward until it is told to stop."""

import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from reward_kit.errors import PrerequisiteError
from reward_kit.serving.app import create_app
from reward_kit.serving.graders import Graders
from reward_kit.serving.settings import ServeSettings

__all__ = ["serve"]

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
        limit_concurrency=settings.max_queue + SPARE_CONNECTIONS,
        timeout_graceful_shutdown=int(2 * settings.timeout) + 5,
    )
    server = _Server(config, lambda: on_start(_url(listener)))
    try:
        server.run([listener])
    finally:
        graders.close()


class _Server(uvicorn.Server):
    """Says when it takes requests."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

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
