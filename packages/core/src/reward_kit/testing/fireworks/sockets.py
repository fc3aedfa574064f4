"""The listening socket and its threads: one per connection, all of them gone when the server stops."""

import socket
import sys
import threading
from socketserver import TCPServer
from typing import Any, Final

from reward_kit.testing.fireworks.connection import Connection, end
from reward_kit.testing.fireworks.faults import Faults, FaultSchedule
from reward_kit.testing.fireworks.request import Recorder
from reward_kit.testing.fireworks.service import Service

__all__ = ["LocalHttpServer"]

_POLL_SECONDS: Final = 0.01


class LocalHttpServer(TCPServer):
    """Serves each connection in a thread of its own; ``stop`` ends them all and waits for them."""

    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, host: str, port: int, *, service: Service, faults: Faults, max_body: int) -> None:
        self.service = service
        self.schedule = FaultSchedule(faults)
        self.recorder = Recorder()
        self.max_body = max_body
        self.unexpected: list[BaseException] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        super().__init__((host, port), Connection)
        self._accepting = threading.Thread(
            target=self.serve_forever, args=(_POLL_SECONDS,), name="local-fireworks", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._accepting.start()

    def stop(self) -> None:
        """Stop to listen, end every connection, and wait until no thread is left."""
        self.service.stopping.set()
        if self._accepting.is_alive():
            self.shutdown()
            self._accepting.join()
        self.server_close()
        with self._lock:
            threads = list(self._threads)
            for connection in self._open:
                end(connection)
        for thread in threads:
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Serve a new connection in a thread."""
        thread = threading.Thread(target=self._converse, args=(request, client_address), daemon=True)
        with self._lock:
            self._open.add(request)
            self._threads.add(thread)
        thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - socketserver's signature
        """Keep what should not have happened for whoever looks at the server afterwards."""
        error = sys.exception()
        if error is not None:
            self.unexpected.append(error)

    def _converse(self, connection: socket.socket, client_address: object) -> None:
        try:
            self.finish_request(connection, client_address)
        except Exception:  # noqa: BLE001 - the top of a thread
            self.handle_error(connection, client_address)
        finally:
            # Forgotten before it is closed: ``stop`` must not touch a descriptor that someone else got meanwhile.
            with self._lock:
                self._open.discard(connection)
            self.shutdown_request(connection)
            with self._lock:
                self._threads.discard(threading.current_thread())
