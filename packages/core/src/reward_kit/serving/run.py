"""Run the server of a reward: until it is told to stop, or beside other work in the same process."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from reward_kit.errors import ContractError, PrerequisiteError
from reward_kit.serving.app import create_app
from reward_kit.serving.graders import Graders
from reward_kit.serving.settings import ServeSettings

__all__ = ["serve", "serving"]

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
    server = _Server(_config(reward, settings, graders), lambda: on_start(_url(listener)), settings.body_timeout)
    try:
        server.run([listener])
    finally:
        graders.kill()  # has nothing to do but where the application did not end as it should


@contextmanager
def serving(
    reward: Callable[..., Any], settings: ServeSettings, *, on_bound: Callable[[str], object] = lambda _: None
) -> Iterator[str]:
    """Serve ``reward`` from a thread of this process for as long as the context lasts; give the server's URL.

    Nothing of it outlives the process, whatever ends that. ``on_bound`` gets the URL before any process is started:
    what it puts into the environment is in that of every worker process, this server's and later ones.

    Raises:
        PrerequisiteError: the address cannot be bound.
        ContractError: the reward cannot be loaded in a worker process.
    """
    started = threading.Event()
    with _bound(settings) as listener:
        on_bound(_url(listener))
        graders = Graders(reward, settings)
        try:
            graders.start()
            server = _Server(_config(reward, settings, graders), started.set, settings.body_timeout)
            thread = threading.Thread(target=server.run, args=([listener],), name="server", daemon=True)
            thread.start()
            try:
                while not started.wait(0.1):
                    if not thread.is_alive():
                        message = "the server ended before it took requests"
                        raise ContractError(message)
                yield _url(listener)
            finally:
                server.should_exit = True
                thread.join()
        finally:
            graders.kill()  # has nothing to do but where the server did not end as it should


def _config(reward: Callable[..., Any], settings: ServeSettings, graders: Graders) -> uvicorn.Config:
    app = create_app(reward, settings, graders=graders)
    return uvicorn.Config(
        app,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        limit_concurrency=settings.max_queue + SPARE_CONNECTIONS,
        timeout_graceful_shutdown=int(2 * settings.timeout) + 5,
    )


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
        # Named, for asyncio turns Nagle's algorithm off only where it knows the protocol: 40 ms per answer otherwise.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
