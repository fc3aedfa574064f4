"""What a server of a reward allows: who may ask, how much, how long."""

import ipaddress
import os
from dataclasses import dataclass

from reward_kit.clients.credentials import ApiKey
from reward_kit.errors import UsageError

__all__ = ["ServeSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """The address, the key and the limits of a server.

    Raises:
        UsageError: an address that others can reach without a key, or a limit that is not positive.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    """0 lets the system choose one."""
    key: ApiKey | None = None
    """What a client has to send; without one the server binds to loopback only."""
    open_to_all: bool = False
    """Whether an address that others can reach is allowed without a key."""
    workers: int = os.cpu_count() or 1
    """Processes, each with one grading at a time."""
    timeout: float = 60.0
    """Seconds for one grading; then it is not graded."""
    max_body: int = 8 * 1024 * 1024
    """Bytes of a request."""
    body_timeout: float = 30.0
    """Seconds in which the body of a request must be there."""
    max_batch: int = 256
    """Gradings in one request."""
    max_queue: int = 1024
    """Gradings that are taken and not done; more are refused with 429."""

    def __post_init__(self) -> None:
        for name in ("workers", "timeout", "max_body", "body_timeout", "max_batch", "max_queue"):
            value = getattr(self, name)
            if not value > 0:
                message = f"found {name}={value!r}, expected more than 0"
                raise UsageError(message)
        if self.max_batch > self.max_queue:
            message = f"found max_batch={self.max_batch} and max_queue={self.max_queue}; a batch has to fit the queue"
            raise UsageError(message)
        if self.key is None and not self.open_to_all and not _is_loopback(self.host):
            message = (
                f"found no API key and the address {self.host!r}, which others can reach; set RK_ENDPOINT_API_KEY, "
                "use 127.0.0.1, or let everybody in by --open-to-all"
            )
            raise UsageError(message)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
