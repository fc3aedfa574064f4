"""The one folder that a submission may write to: empty before each case, bounded while it runs, wiped after."""

import contextlib
import os

__all__ = ["is_overfull", "make", "wipe"]

CANDIDATES = ("/tmp", "/dev/shm", "/var/tmp")  # noqa: S108 - made there with a name nobody can foresee
MAX_ENTRIES = 2000


def make(owner: int | None) -> str | None:
    """Make a folder for a worker where one can be made; ``owner`` is the user that it will belong to."""
    for parent in CANDIDATES:
        path = f"{parent}/reward-kit-jail-{os.getpid()}-{os.urandom(8).hex()}"
        try:
            os.mkdir(path, 0o700)  # noqa: PTH102 - few imports
        except OSError:
            continue
        if owner is not None:
            os.chown(path, owner, owner)
        return path
    return None


def is_overfull(path: str, max_bytes: int) -> bool:
    """Say whether more than ``max_bytes`` or too many files are there; looks at no more than is needed to know."""
    waiting, entries, size = [path], 0, 0
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    if entries > MAX_ENTRIES or size > max_bytes:
                        return True
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # it is changing under our eyes
            continue
    return size > max_bytes


def wipe(path: str, *, thoroughly: bool = True) -> None:
    """Remove everything in ``path``, however deep and however named; level by level, without recursion.

    An empty folder is left as it is, unless ``thoroughly``: only what may change modes can have shut it.

    Raises:
        OSError: something cannot be removed.
    """
    if not thoroughly and not os.listdir(path):  # noqa: PTH208 - few imports
        return
    number = 0
    with contextlib.suppress(PermissionError):  # in a private root it is root's, and nobody can have changed it
        os.chmod(path, 0o700)  # noqa: PTH101 - few imports
    while names := os.listdir(path):  # noqa: PTH208 - few imports
        for name in names:
            full = f"{path}/{name}"
            if not _is_folder(full):
                os.unlink(full)  # noqa: PTH108 - few imports
                continue
            os.chmod(full, 0o700)  # noqa: PTH101 - few imports
            for inner in os.listdir(full):  # noqa: PTH208 - few imports
                number += 1
                os.rename(f"{full}/{inner}", f"{path}/~{os.getpid()}.{number}")  # noqa: PTH104 - few imports
            os.rmdir(full)  # noqa: PTH106 - few imports


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114 - few imports
