"""The seccomp filter: which system calls a submission may make, as a BPF program built here.

An allow-list: what is not on it fails with EPERM, so that a program which tries and falls back goes on. The calls are
found by a binary search, which the kernel evaluates faster than a long list. One process per case follows from it: no
fork and no exec, only threads; so killing that one process is complete.

Not covered: bugs of the kernel in the calls that are allowed.
"""

import ctypes
import errno
import struct
from dataclasses import dataclass

__all__ = ["Filter", "Policy", "program"]

SYS_SECCOMP, SET_MODE_FILTER = 317, 1
AUDIT_ARCH_X86_64 = 0xC000003E
X32_BIT = 0x40000000

KILL, ALLOW = 0x80000000, 0x7FFF0000
_ERRNO = 0x00050000
REFUSE, ABSENT, PRETEND = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS, _ERRNO
UNSUPPORTED = _ERRNO | errno.ENOTSUP

LOAD, JEQ, JGE, JSET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, ARCH_AT, ARGUMENTS_AT = 0, 4, 16

CLONE, CLONE3, FCNTL, IOCTL, PRCTL, SENDTO, PRLIMIT, SETRLIMIT, EXECVE = 56, 435, 72, 16, 157, 44, 302, 160, 59
SOCKETPAIR, UNIX = 53, 1
FORK_AND_EXEC = frozenset({57, 58, 59, 322})
"""fork, vfork, execve, execveat."""
NEW_THREAD, NEW_NAMESPACES = 0x00010000, 0x7E020080
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
"""Duplicating, flags and locks; not F_SETOWN and F_SETSIG, which send signals to others."""
IOCTL_REQUESTS = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS (is it a terminal?), FIONREAD, FIONBIO, FIONCLEX, FIOCLEX; not TIOCSTI."""
PRCTL_OPTIONS = (15, 16, 0x53564D41)
"""Naming threads and memory."""

COMMON = frozenset(
    {
        *range(16),  # read … rt_sigreturn
        *range(17, 29),  # pread64 … madvise, without shmget (29)
        *(32, 33, 34, 35, 36, 37, 38, 39, 40),  # dup … getpid, sendfile
        *(45, 47, 48),  # recvfrom, recvmsg, shutdown: with a socketpair, what asyncio needs to wake itself
        *(60, 61, 63),  # exit, wait4, uname
        *range(73, 90),  # flock … readlink
        *(95, 96, 97, 98, 99, 100, 102, 104, 107, 108, 110, 111, 115, 118, 120, 121, 124, 131),
        *(137, 138, 140, 143, 145, 146, 147, 148, 158),
        *(186, 187, 202, 204, 213, 217, 218, 219, 221, 228, 229, 230, 231, 232, 233, 247),
        *(257, 258, 262, 263, 264, 265, 266, 267, 269, 270, 271, 273),
        *(281, 283, 284, 286, 287, 290, 291, 292, 293, 295, 296),
        *(309, 316, 318, 324, 326, 327, 328, 332, 334, 436, 439, 441, 449),
    }
)
PRETENDED = (90, 91, 132, 235, 268, 280)
"""chmod, fchmod, utime, utimes, fchmodat, utimensat: Landlock does not cover them, so they succeed and do nothing."""
EXTENDED_ATTRIBUTES = range(188, 200)
"""setxattr … fremovexattr: as on a file system that has none, which shutil.copy2 takes, as it does not a refusal."""
EXTRA_FOR_PROGRAMS = frozenset({109, 112, 125, 329, 330, 331})
"""What a runtime such as Node or a compiler asks for besides: setpgid, setsid, capget, memory keys."""


@dataclass(frozen=True)
class Policy:
    """Which system calls a child may make."""

    fork: bool = False
    """For compilers: a tree of processes."""
    execute: bool = False
    """For programs that are not Python: one exec to become them."""


class Filter:
    """A filter that is ready to be installed: nothing is left to build in the child that takes it."""

    def __init__(self, policy: Policy) -> None:
        instructions = program(policy)
        self._text = ctypes.create_string_buffer(instructions, len(instructions))
        header = struct.pack("HxxxxxxP", len(instructions) // 8, ctypes.addressof(self._text))
        self._header = ctypes.create_string_buffer(header, len(header))
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        self._arguments = (
            *(ctypes.c_long(number) for number in (SYS_SECCOMP, SET_MODE_FILTER, 0)),
            ctypes.byref(self._header),
        )

    def install(self) -> None:
        """Filter this process's system calls from now on. PR_SET_NO_NEW_PRIVS must be set before.

        Raises:
            OSError: the kernel has no seccomp filters, or refuses.
        """
        if self._call(*self._arguments) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")


def program(policy: Policy) -> bytes:
    """Return the filter of ``policy`` as BPF instructions."""
    allowed = set(COMMON)
    special = {number: [_return(PRETEND)] for number in PRETENDED} | {
        **{number: [_return(UNSUPPORTED)] for number in EXTENDED_ATTRIBUTES},
        CLONE: _clone(),
        CLONE3: [_return(ABSENT)],  # glibc then falls back to clone, whose flags a filter can see
        FCNTL: _one_of(1, FCNTL_COMMANDS),
        IOCTL: _one_of(1, IOCTL_REQUESTS),
        PRCTL: _one_of(0, PRCTL_OPTIONS),
        SENDTO: _null(4, ALLOW, REFUSE),
        SOCKETPAIR: _one_of(0, (UNIX,)),
        SETRLIMIT: [_return(PRETEND)],  # programs ask for a larger stack; they have it
        PRLIMIT: [*_unless_zero(0, REFUSE), *_null(2, ALLOW, PRETEND)],
    }
    if policy.fork:
        special[CLONE] = _no_namespaces()
        allowed |= FORK_AND_EXEC | {*PRETENDED}
        special = {number: action for number, action in special.items() if number not in PRETENDED}
    if policy.execute or policy.fork:
        allowed |= EXTRA_FOR_PROGRAMS | {EXECVE}
    actions = {number: [_return(ALLOW)] for number in allowed} | special
    body = [
        _load(ARCH_AT),
        (JEQ, 1, 0, AUDIT_ARCH_X86_64),
        _return(KILL),
        _load(NUMBER_AT),
        (JGE, 0, 1, X32_BIT),
        _return(KILL),
        *_search(sorted(_ranges(actions).items())),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in body)


Instruction = tuple[int, int, int, int]
Action = list[Instruction]


def _load(offset: int) -> Instruction:
    return LOAD, 0, 0, offset


def _return(value: int) -> Instruction:
    return RETURN, 0, 0, value


def _argument(index: int) -> tuple[int, int]:
    """Return where the low and the high half of an argument lie."""
    return ARGUMENTS_AT + 8 * index, ARGUMENTS_AT + 8 * index + 4


def _one_of(index: int, values: tuple[int, ...]) -> Action:
    """Allow when the low half of an argument is one of ``values``; the kernel reads no more of these."""
    tests = [(JEQ, len(values) - position, 0, value) for position, value in enumerate(values)]
    return [_load(_argument(index)[0]), *tests, _return(REFUSE), _return(ALLOW)]


def _null(index: int, when_null: int, otherwise: int) -> Action:
    low, high = _argument(index)
    return [
        _load(low),
        (JEQ, 0, 3, 0),
        _load(high),
        (JEQ, 0, 1, 0),
        _return(when_null),
        _return(otherwise),
    ]


def _unless_zero(index: int, refusal: int) -> Action:
    return [_load(_argument(index)[0]), (JEQ, 1, 0, 0), _return(refusal)]


def _clone() -> Action:
    """Allow a thread, refuse a process and every namespace."""
    return [
        _load(_argument(0)[0]),
        (JSET, 0, 1, NEW_NAMESPACES),
        _return(REFUSE),
        (JSET, 0, 1, NEW_THREAD),
        _return(ALLOW),
        _return(REFUSE),
    ]


def _no_namespaces() -> Action:
    return [_load(_argument(0)[0]), (JSET, 0, 1, NEW_NAMESPACES), _return(REFUSE), _return(ALLOW)]


def _ranges(actions: dict[int, Action]) -> dict[int, Action]:
    """Return where runs of equal actions begin, gaps being refused."""
    starts: dict[int, Action] = {0: [_return(REFUSE)]}
    last: Action = [_return(REFUSE)]
    for number in range(max(actions) + 2):
        action = actions.get(number, [_return(REFUSE)])
        if action != last or number == 0:
            starts[number] = last = action
    return starts


def _search(starts: list[tuple[int, Action]]) -> Action:
    """Return a binary search for the run that the loaded number lies in."""
    if len(starts) == 1:
        return starts[0][1]
    middle = len(starts) // 2
    below, above = _search(starts[:middle]), _search(starts[middle:])
    if len(below) < 256:  # noqa: PLR2004 - a jump is one byte wide
        return [(JGE, len(below), 0, starts[middle][0]), *below, *above]
    return [(JGE, 0, 1, starts[middle][0]), (0x05, 0, 0, len(below)), *below, *above]
