"""Make a server on loopback reachable from elsewhere, for as long as a command runs.

A ``Tunnel`` gives the address of a port of this machine; what carries it ends with the context, and with the process.

Not covered: TLS. What goes to ``http://HOST:PORT`` of one's own host, the key included, can be read on the way: put a
TLS proxy there and name its address.
"""

import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from reward_kit.clients.credentials import ApiKey
from reward_kit.errors import MissingExtraError, RemoteError, UsageError

__all__ = ["NgrokTunnel", "SshTunnel", "Tunnel", "parse_tunnel"]

OPENING = 30.0
"""Seconds in which a tunnel must be open."""
ENDING = 5.0
"""Seconds that the program has to end before it is killed."""
KEPT_LINES = 5
"""Lines of what the program said last that an error shows."""

_HOST = re.compile(r"(?P<login>(?:[\w.-]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*))(?::(?P<port>\d{1,5}))?")
_OPEN = re.compile(
    r"Allocated port (?P<allocated>\d+) for remote forward"
    r"|remote forward success for: listen (?:\S*:)?(?P<asked>[1-9]\d*)"
)
# Linux ends the program when this process ends, even by SIGKILL; elsewhere only the context does.
_BOUND = """\
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Tunnel(Protocol):
    """A way to reach this machine from elsewhere."""

    def open(self, port: int) -> AbstractContextManager[str]:
        """Give the URL under which ``port`` of loopback is reached while the context lasts.

        Raises, when it is entered:
            RemoteError: the other side cannot be reached, or refuses.
        """


def parse_tunnel(text: str, *, ssh_options: tuple[str, ...] = (), ngrok_key: ApiKey | None = None) -> Tunnel:
    """Return the tunnel that ``ssh:[USER@]HOST[:PORT]`` or ``ngrok`` names.

    Raises:
        UsageError: it names none, or ngrok without its key.
    """
    kind, _, rest = text.partition(":")
    where = _HOST.fullmatch(rest)
    if kind == "ssh" and where is not None:
        return SshTunnel(
            login=where["login"], host=where["host"], port=int(where["port"] or 0), options=tuple(ssh_options)
        )
    if text != "ngrok":
        message = f"found the tunnel {text!r}, expected ssh:[USER@]HOST[:PORT] or ngrok"
        raise UsageError(message)
    if ngrok_key is None:
        message = "found no token for ngrok, expected one in the variable NGROK_AUTHTOKEN"
        raise UsageError(message)
    return NgrokTunnel(key=ngrok_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class SshTunnel:
    """Remote forwarding by OpenSSH: the host listens, and sends here what comes in."""

    login: str
    """As for ``ssh``: ``HOST`` or ``USER@HOST``; its keys and settings are those of ``ssh``."""
    host: str
    """Of the URL."""
    port: int = 0
    """What the host listens on; 0 lets it choose."""
    options: tuple[str, ...] = ()
    """Further settings, as for ``ssh -o``: ``IdentityFile=…``."""

    @contextmanager
    def open(self, port: int) -> Iterator[str]:
        """See ``Tunnel``."""
        settings = ("BatchMode=yes", "ExitOnForwardFailure=yes", "ServerAliveInterval=15", *self.options)
        ssh = ["ssh", "-v", "-N", *(part for setting in settings for part in ("-o", setting))]
        ssh += ["-R", f"{self.port}:127.0.0.1:{port}", "--", self.login]
        with _program(ssh) as lines:
            found = lines.first(_OPEN)
            yield f"http://{self.host}:{found['allocated'] or found['asked']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NgrokTunnel:
    """An address of ngrok's, by its SDK (``pip install 'ngrok>=1.4,<2'``)."""

    key: ApiKey

    @contextmanager
    def open(self, port: int) -> Iterator[str]:
        """See ``Tunnel``."""
        try:
            ngrok: Any = import_module("ngrok")
        except ModuleNotFoundError as error:
            message = "'ngrok' not installed; this tunnel needs its SDK: pip install 'ngrok>=1.4,<2'"
            raise MissingExtraError(message) from error
        try:
            listener = ngrok.forward(port, authtoken=self.key.value)
        except (ValueError, RuntimeError, OSError) as error:
            # What the SDK says may quote the token.
            message = f"ngrok opened no tunnel ({type(error).__name__}); check {self.key.name} and the network"
            raise RemoteError(message) from None
        try:
            yield str(listener.url())
        finally:
            ngrok.disconnect(listener.url())


@contextmanager
def _program(command: list[str]) -> Iterator["_Lines"]:
    """Run ``command`` while the context lasts, bound to the life of this process."""
    from os import getpid

    bound = [sys.executable, "-c", _BOUND, str(getpid()), *command]
    with subprocess.Popen(  # noqa: S603 - a list, no shell
        bound, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        lines = _Lines(process)
        try:
            yield lines
        finally:
            process.terminate()
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                process.kill()
            lines.close()


class _Lines:
    """What a program says, read all the time so that it never waits for a reader."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._changed = threading.Condition()
        self._new: deque[str] = deque(maxlen=1000)
        self._last: deque[str] = deque(maxlen=KEPT_LINES)
        self._ended = False
        self._thread = threading.Thread(target=self._read, name="tunnel", daemon=True)
        self._thread.start()

    def first(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Wait for a line with ``pattern``; raise RemoteError where none comes."""
        found: re.Match[str] | None = None

        def looked() -> bool:
            nonlocal found
            while self._new and found is None:
                found = pattern.search(self._new.popleft())
            return found is not None or self._ended

        with self._changed:
            self._changed.wait_for(looked, OPENING)
        if found is None:
            said = " ".join(self._last) or "it said nothing"
            message = f"no tunnel to {self._process.args[-1]!r} within {OPENING:g} s: {said}"  # type: ignore[index]
            raise RemoteError(message)
        return found

    def close(self) -> None:
        """Wait until all was read."""
        self._thread.join(ENDING)

    def _read(self) -> None:
        for line in self._process.stderr or ():
            with self._changed:
                self._new.append(line)
                if not line.startswith("debug") and line.strip():
                    self._last.append(line.strip())
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
