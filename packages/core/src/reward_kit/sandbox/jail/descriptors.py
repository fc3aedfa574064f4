"""What the fork server does with descriptors: it moves, copies and listens, and never reads what a submission wrote."""

import fcntl
import os
import select

from reward_kit.sandbox.jail.child import FIRST_FREE

__all__ = ["Start", "append", "out_of_the_way"]

SECONDS_TO_START = 5.0


class Start:
    """How a child tells that it is confined and will now run what it was given: a pipe that it closes then."""

    def __init__(self) -> None:
        self._begun, self.told = map(out_of_the_way, os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC))

    def wait(self) -> None:
        """Wait for it, but not for long."""
        select.select([self._begun], [], [], SECONDS_TO_START)

    def was_made(self) -> bool:
        """Say whether the child that has ended since the last question told so."""
        try:
            return bool(os.read(self._begun, 1))
        except BlockingIOError:
            return False


def append(source: int, target: int, at: int, length: int) -> None:
    """Append at most ``length`` bytes of a file from ``at`` to another, in the kernel."""
    while length > 0 and (copied := os.sendfile(target, source, at, length)):
        at, length = at + copied, length - copied


def out_of_the_way(descriptor: int) -> int:
    """Move a descriptor above those that a child's own are moved to."""
    if descriptor >= FIRST_FREE:
        return descriptor
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)
    os.close(descriptor)
    return moved
