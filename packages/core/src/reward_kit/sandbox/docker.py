"""The docker backend: workers in hardened containers, each kept for many cases and recycled.

A container has no network, no capabilities, a read-only root and bounds of its own; in it runs the same fork server
as natively, so a case costs a fork and not a container. It ends with its grader, whose connection is its input.
"""

import functools
import io
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from reward_kit.errors import require
from reward_kit.sandbox import probe
from reward_kit.sandbox.jail.boot import FINDER
from reward_kit.sandbox.jail.bridge import BRIDGE_BOOT, job_frame, read_frame, returned_from, write_frame
from reward_kit.sandbox.jail.worker import Job, Returned, WorkerError
from reward_kit.sandbox.jailed import JailedSandbox
from reward_kit.sandbox.model import IsolationUnavailableError, Level, Restriction
from reward_kit.sandbox.native import DEFAULT_PACKAGES, LEVELS, sources, worker_options

__all__ = ["DEFAULT_IMAGE", "DockerSandbox"]

DEFAULT_IMAGE = "python:3.11-slim-bookworm"
JOBS_PER_CONTAINER = 2000
MEMORY = "2g"
PROCESSES = 256
USER = "65534:65534"
FILE_ATTACKS = {"files of the host cannot be read", "files of the host cannot be written"}


class DockerSandbox(JailedSandbox):
    """Workers in containers of ``image``, which holds Python 3.11 or later as ``python3``.

    Raises:
        IsolationUnavailableError: no engine answers, or the image does not run.
        MissingExtraError: the docker SDK is not installed.
    """

    def __init__(
        self,
        *,
        image: str = DEFAULT_IMAGE,
        workers: int | None = None,
        require: Level = "L1",
        packages: Sequence[str] = DEFAULT_PACKAGES,
        without: Sequence[str] = (),
    ) -> None:
        self._client = client = _client()
        start = functools.partial(_Container, client, image, worker_options(packages=packages, without=without))
        level, found = _examine(start, image)
        if level not in LEVELS[: LEVELS.index(require) + 1]:
            message = f"found isolation {level!r} in containers of {image!r}, expected at least {require!r}"
            raise IsolationUnavailableError(message)
        super().__init__(
            start,
            backend="docker",
            level=level,
            restrictions=found,
            workers=workers or os.cpu_count() or 1,
            packages=packages,
        )

    def close(self) -> None:
        """End all workers, and the connection to the engine."""
        super().close()
        self._client.close()


def _client() -> Any:  # noqa: ANN401 - the SDK is untyped
    require("sandbox", "docker")
    import docker  # type: ignore[import-untyped]  # the SDK has no types

    try:
        client = docker.from_env(timeout=120)
        client.ping()
    except Exception as error:
        message = f"no docker engine answers ({type(error).__name__}: {error}); start it, or use the native sandbox"
        raise IsolationUnavailableError(message) from error
    return client


def _examine(start: "functools.partial[_Container]", image: str) -> tuple[Level, list[Restriction]]:
    try:
        worker = start()
    except WorkerError as error:
        message = f"no worker starts in a container of {image!r}: {error}"
        raise IsolationUnavailableError(message) from error
    try:
        level, found = probe.examine(worker, worker.facts)
    finally:
        worker.close()
    open_ = {item.name for item in found if not item.in_force}
    if level == "none" and "seccomp" not in open_ and not open_ & (DANGERS - FILE_ATTACKS):
        level = "L1"  # the container's own files are all that it can see
    container = Restriction(name="container", in_force=True, meaning=f"{image}: no network, no capabilities, read-only")
    return level, [container, *found]


DANGERS = {name for name, _, _ in probe.ATTACKS}


class _Container:
    """One container with a worker in it."""

    def __init__(self, client: Any, image: str, options: dict[str, object]) -> None:  # noqa: ANN401 - untyped SDK
        self._jobs = 0
        try:
            self._container = client.containers.create(
                image,
                entrypoint=["python3", "-I", "-c", BRIDGE_BOOT],
                command=[],
                stdin_open=True,
                auto_remove=True,
                network_mode="none",
                read_only=True,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                pids_limit=PROCESSES,
                mem_limit=MEMORY,
                memswap_limit=MEMORY,
                user=USER,
                tmpfs={"/tmp": "size=256m,mode=1777"},  # noqa: S108 - inside the container
                labels={"reward-kit": "sandbox"},
            )
            self._attached = self._container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 0, "stream": 1})
            self._connection: socket.socket = self._attached._sock  # noqa: SLF001 - the SDK wraps it without a writer
            self._container.start()
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            raise WorkerError(message) from error
        self._connection.settimeout(120)
        self._in = cast("BinaryIO", io.BufferedWriter(_Sending(self._connection)))
        self._out = cast("BinaryIO", io.BufferedReader(_Demultiplexed(self._connection)))
        bundle: dict[str, object] = {"sources": sources(), "finder": FINDER, "options": options}
        self._send_bundle(bundle)
        frame = self._frame()
        self.facts: dict[str, Any] = frame[0].get("facts") or {}
        if not self.facts:
            self.close()
            raise WorkerError(str(frame[0].get("error")))

    def _send_bundle(self, bundle: dict[str, object]) -> None:
        import json

        text = json.dumps(bundle).encode()
        self._in.write(len(text).to_bytes(8, "little") + text)
        self._in.flush()

    def run(self, job: Job) -> Returned:
        """Do a job; a container that has done many is given up for a new one."""
        self._jobs += 1
        if self._jobs > JOBS_PER_CONTAINER:
            message = "the container has done its share"
            raise WorkerError(message)
        self._connection.settimeout(job.seconds + 30)
        try:
            write_frame(self._in, *job_frame(job))
        except OSError as error:
            message = f"the container is gone: {error}"
            raise WorkerError(message) from error
        return returned_from(*self._frame())

    def _frame(self) -> tuple[dict[str, Any], list[bytes]]:
        try:
            frame = read_frame(self._out)
        except OSError as error:
            message = f"the container did not answer: {error}"
            raise WorkerError(message) from error
        if frame is None:
            message = "the container ended"
            raise WorkerError(message)
        return frame

    def close(self) -> None:
        """End the container."""
        import contextlib

        self._attached.close()
        self._connection.close()
        with contextlib.suppress(Exception):  # it may have ended by itself, and be removed already
            self._container.remove(force=True)


class _Sending(io.RawIOBase):
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        self._connection.sendall(data)
        return len(data)


class _Demultiplexed(io.RawIOBase):
    """The container's standard output, taken out of the engine's stream of both outputs."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._left = 0
        self._wanted = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        while True:
            if self._left == 0:
                header = self._exactly(8)
                if not header:
                    return 0
                stream, self._left = struct.unpack(">BxxxI", header)
                self._wanted = stream == 1
                continue
            data = self._connection.recv(min(self._left, len(buffer)))
            if not data:
                return 0
            self._left -= len(data)
            if self._wanted:
                buffer[: len(data)] = data
                return len(data)

    def _exactly(self, length: int) -> bytes:
        found = b""
        while len(found) < length:
            more = self._connection.recv(length - len(found))
            if not more:
                return b""
            found += more
        return found
