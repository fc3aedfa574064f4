"""System calls that Python has no name for, made through ctypes."""

import ctypes
import os
import platform
import signal
import struct

__all__ = [
    "PR_SET_CHILD_SUBREAPER",
    "PR_SET_DUMPABLE",
    "PR_SET_NO_NEW_PRIVS",
    "call",
    "die_with_parent",
    "drop_capabilities",
    "prctl",
    "supported_machine",
]

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PR_SET_CHILD_SUBREAPER = 36
PR_CAPBSET_DROP = 24
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

SYS_CAPSET = 126
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 40

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def supported_machine() -> bool:
    """Say whether the numbers of system calls used here are this machine's."""
    return platform.system() == "Linux" and platform.machine() == "x86_64" and struct.calcsize("P") == 8  # noqa: PLR2004 - bytes of a pointer


def call(number: int, *arguments: object) -> int:
    """Ask the kernel for what has this ``number``; integers go as 64 bits, bytes and ctypes objects as pointers.

    Raises:
        OSError: the kernel refused.
    """
    passed = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    result: int = _libc.syscall(ctypes.c_long(number), *passed)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def prctl(option: int, argument: int = 0, extra: int = 0) -> None:
    """Set one of the kernel's options of this process.

    Raises:
        OSError: the kernel refused.
    """
    if _libc.prctl(option, ctypes.c_ulong(argument), ctypes.c_ulong(extra), ctypes.c_ulong(0), ctypes.c_ulong(0)) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


_DEATH_WITH_PARENT = {
    number: tuple(map(ctypes.c_ulong, (PR_SET_PDEATHSIG, number, 0, 0, 0)))
    for number in (signal.SIGKILL, signal.SIGTERM)
}
"""Arguments of prctl, made beforehand: in a child everything new costs."""


def die_with_parent(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when the thread that made it ends; leave if ``parent`` is gone.

    A change of user id clears it again: call this after one.
    """
    if _libc.prctl(*_DEATH_WITH_PARENT[number]) == -1:
        raise OSError(ctypes.get_errno(), "prctl")
    found = os.getppid()
    if found and found != parent:  # 0: the parent is outside this pid namespace
        os._exit(0)


def drop_capabilities() -> None:
    """Give up every capability, also those that a later program could get back."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # without CAP_SETPCAP there is nothing to drop it from
            break
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    call(SYS_CAPSET, header, bytes(24))
