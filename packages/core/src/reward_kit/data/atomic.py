"""Write a file so that it is there whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from reward_kit.errors import PrerequisiteError, RewardKitError

__all__ = ["atomic_writer"]


@contextmanager
def atomic_writer(path: str | Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` that takes its place when the block ends without an error.

    Raises:
        PrerequisiteError: the disk does not take it.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        part.replace(target)
    except RewardKitError:  # some refine OSError, and tell more
        raise
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _unwritable(path: Path, error: OSError) -> PrerequisiteError:
    return PrerequisiteError(f"cannot write to {str(path)!r}: {(error.strerror or str(error)).lower()}")
