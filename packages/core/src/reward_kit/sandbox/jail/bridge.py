"""A worker behind a pair of streams: what runs first in a container, so that jobs can come from outside it.

Frames are a length of 8 bytes, a JSON header, and the pieces whose sizes the header names.
"""

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

from reward_kit.sandbox.jail.worker import Job, Returned, Worker, WorkerError

__all__ = ["BRIDGE_BOOT", "job_frame", "main", "read_frame", "returned_from", "write_frame"]

LENGTH = 8
MAX_HEADER = 64 << 20

BRIDGE_BOOT = """
import json, sys
stream = sys.stdin.buffer
bundle = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
sources = bundle["sources"]
exec(bundle["finder"])
from reward_kit.sandbox.jail import bridge
bridge.main(stream, sys.stdout.buffer, sources, bundle["options"])
"""


def main(requests: BinaryIO, answers: BinaryIO, sources: dict[str, str], options: dict[str, Any]) -> None:
    """Do the jobs that come in until the stream ends."""
    worker: Worker | None = None
    try:
        worker = Worker(sources, options)
        write_frame(answers, {"facts": worker.facts}, [])
    except WorkerError as error:
        write_frame(answers, {"error": str(error)}, [])
        return
    while (frame := read_frame(requests)) is not None:
        header, pieces = frame
        job = Job(
            request=header["request"],
            payload=pieces[0],
            tests=pieces[1] if len(pieces) > 1 else None,
            max_output=header["max_output"],
            max_answers=header["max_answers"],
        )
        try:
            returned = worker.run(job)
            write_frame(answers, {"cases": returned.cases}, [returned.stdout, returned.stderr, returned.answers])
        except WorkerError as error:
            write_frame(answers, {"error": str(error)}, [])
            break
    worker.close()


def job_frame(job: Job) -> tuple[dict[str, Any], list[bytes]]:
    """Return header and pieces of a job."""
    header = {"request": dict(job.request), "max_output": job.max_output, "max_answers": job.max_answers}
    return header, [job.payload] if job.tests is None else [job.payload, job.tests]


def returned_from(header: dict[str, Any], pieces: Sequence[bytes]) -> Returned:
    """Return what came of a job.

    Raises:
        WorkerError: it failed over there.
    """
    if "error" in header:
        raise WorkerError(header["error"])
    stdout, stderr, answers = pieces
    return Returned(cases=header["cases"], stdout=stdout, stderr=stderr, answers=answers)


def write_frame(stream: BinaryIO, header: dict[str, Any], pieces: Sequence[bytes]) -> None:
    """Write one frame."""
    head = json.dumps({**header, "sizes": [len(piece) for piece in pieces]}).encode()
    stream.write(len(head).to_bytes(LENGTH, "little") + head)
    stream.writelines(pieces)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """Read one frame; None at the end of the stream.

    Raises:
        WorkerError: the stream ends in the middle, or holds something else.
    """
    start = stream.read(LENGTH)
    if not start:
        return None
    length = int.from_bytes(start, "little")
    if len(start) < LENGTH or length > MAX_HEADER:
        message = "the stream holds no frame"
        raise WorkerError(message)
    header = json.loads(_exactly(stream, length))
    return header, [_exactly(stream, size) for size in header["sizes"]]


def _exactly(stream: BinaryIO, length: int) -> bytes:
    found = stream.read(length)
    if len(found) < length:
        message = "the stream ended in the middle of a frame"
        raise WorkerError(message)
    return found
