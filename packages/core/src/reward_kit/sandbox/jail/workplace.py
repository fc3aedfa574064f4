"""The one folder that a submission may write to: empty before each case, bounded while it runs, wiped after."""

import contextlib
import os
import stat

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
    """Say whether more than ``max_bytes`` or too many files are there; looks at no more than is needed to know.

    What cannot be looked into (too deep for a path, or closed to its owner) counts as too much.
    """
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
        except (FileNotFoundError, NotADirectoryError):  # it is changing under our eyes
            continue
        except OSError:
            return True
    return size > max_bytes


def wipe(path: str, *, thoroughly: bool = True) -> None:
    """Remove everything in ``path``, however deep and however named, without recursion, paths or names of its own.

    For use when nobody is left who could write there.

    An empty folder is left as it is, unless ``thoroughly``: only what may change modes can have shut it.

    Raises:
        OSError: something cannot be removed.
    """
    if not thoroughly and not os.listdir(path):  # noqa: PTH208 - few imports
        return
    with contextlib.suppress(PermissionError):  # in a private root it is root's, and nobody can have changed it
        os.chmod(path, 0o700)  # noqa: PTH101 - few imports
    here = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    above: list[tuple[str, list[str]]] = []
    folders = _folders_left(here)
    try:
        while folders or above:
            if folders:
                name = folders.pop()
                here = _moved(here, name)
                above.append((name, folders))
                folders = _folders_left(here)
            else:
                here = _moved(here, "..")
                name, folders = above.pop()
                os.rmdir(name, dir_fd=here)
    finally:
        os.close(here)


def _folders_left(here: int) -> list[str]:
    """Remove all but the folders, open these to their owner, and return their names."""
    folders = []
    for name in os.listdir(here):
        if stat.S_ISDIR(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
            os.chmod(name, 0o700, dir_fd=here)
            folders.append(name)
        else:
            os.unlink(name, dir_fd=here)
    return folders


def _moved(here: int, name: str) -> int:
    there = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=here)
    os.close(here)
    return there
