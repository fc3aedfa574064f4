"""Landlock: which files a process and its children may touch, and no TCP, no signals and no abstract sockets outside.

Rules name a path and what is allowed beneath it; everything else is refused. Not covered by any version so far:
UDP and raw sockets, sockets with a path, changing modes and times. The seccomp filter refuses those.
"""

import ctypes
import os
import struct

from reward_kit.sandbox.jail.system import call

__all__ = ["EXECUTE", "LIST", "OVERWRITE", "READ", "WRITE", "abi", "restrict"]

SYS_CREATE, SYS_ADD, SYS_RESTRICT = 444, 445, 446
RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

LIST = _READ_DIR
OVERWRITE = _READ_FILE | _WRITE_FILE | _TRUNCATE
READ = _READ_FILE | _READ_DIR
EXECUTE = READ | _EXECUTE
WRITE = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _REFER | _TRUNCATE

_RIGHTS_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_RIGHTS = (1 << 16) - 1
_TCP = 0b11
_SCOPES = 0b11
ABI_WITH_TCP, ABI_WITH_SCOPES = 4, 6


def abi() -> int:
    """Return the version of Landlock that the kernel has; 0 for none."""
    try:
        return call(SYS_CREATE, 0, 0, 1)
    except OSError:
        return 0


def restrict(rules: list[tuple[str, int]]) -> None:
    """Restrict this process for good: only what ``rules`` allow. PR_SET_NO_NEW_PRIVS must be set before.

    A path that does not exist is passed over: it cannot be read then, either.

    Raises:
        OSError: the kernel has no Landlock, or refuses.
    """
    version = abi()
    handled = _RIGHTS_OF_ABI.get(version, _ALL_RIGHTS)
    network = _TCP if version >= ABI_WITH_TCP else 0
    scopes = _SCOPES if version >= ABI_WITH_SCOPES else 0
    attributes = struct.pack("QQQ", handled, network, scopes)
    size = 24 if scopes else 16 if network else 8
    ruleset = call(SYS_CREATE, attributes, size, 0)
    try:
        for path, rights in rules:
            _add(ruleset, path, rights & handled)
        call(SYS_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _add(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(f"/proc/self/fd/{descriptor}") and not os.path.isdir(path):  # noqa: PTH112 - nothing more than needed is imported here
            rights &= _OF_A_FILE
        if rights:
            rule = ctypes.create_string_buffer(struct.pack("<Qi", rights, descriptor))
            call(SYS_ADD, ruleset, RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
