"""What a child finds ready when it is forked: modules, and code that has run before.

Most of what a short case costs is pages that its process copies because it writes to them. Code that has already run
writes less: the interpreter's caches are filled. Modules that few programs import are left out until one does: what
is mapped costs time in every fork.
"""

import contextlib
import fcntl
import importlib
import os
import sys
from collections.abc import Iterable, Iterator

from reward_kit.sandbox.jail import running
from reward_kit.sandbox.jail.child import FIRST_FREE, PAYLOAD
from reward_kit.sandbox.jail.codec import encode
from reward_kit.sandbox.jail.payload import Payload, pack, write_all

__all__ = ["PRELOADED", "load", "rehearse"]

PRELOADED = """
abc atexit builtins codecs collections collections.abc contextlib copy enum functools gc io itertools
math operator os re select signal string threading time traceback types typing warnings weakref
"""
"""Modules that programs commonly import, or that cost a fork nothing because the server needs them."""
REHEARSALS = 20
"""More than the interpreter needs to see before it takes code for hot."""
PROGRAM = b"""
import sys
def solve(a, b):
    return [a + b, str(a)]
if __name__ == "__main__":
    print(solve(*map(int, ("1 2" or input()).split()))[0])
    sys.stdin.readline()
"""


def load(names: Iterable[str]) -> None:
    """Import modules for all children to come."""
    missing = [name for name in names if name not in sys.modules]
    if not missing:
        return
    with _without_fork_hooks():
        for name in missing:
            with contextlib.suppress(Exception):  # a submission that wants it will see the same error
                importlib.import_module(name)


def rehearse() -> None:
    """Run what children run, in this process, and leave the streams open that they find."""
    kept = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE) for descriptor in range(FIRST_FREE)]
    arguments = encode([1, 2], max_bytes=100)
    for run, case in ((running.run_programs, b"1 2\n"), (running.run_calls, arguments)):
        _scratch(pack({"entry": "solve", "max_value": 100}, [PROGRAM, case]))
        for _ in range(REHEARSALS):
            running.open_streams()
            run(Payload(PAYLOAD), [1])
        sys.stdout.flush()
    del sys.modules["solution"]
    _scratch(b"")  # a stream remembers where its file stood when it was opened
    running.open_streams()
    for target, copy in enumerate(kept):
        os.dup2(copy, target, inheritable=target < 3)  # noqa: PLR2004 - the standard ones
        os.close(copy)


def _scratch(payload: bytes) -> None:
    """Put new memory files where a child has its descriptors."""
    for target in range(PAYLOAD + 1):
        scratch = os.memfd_create("scratch", os.MFD_CLOEXEC)
        write_all(scratch, payload if target == PAYLOAD else b"")
        os.dup2(scratch, target)
        os.close(scratch)


@contextlib.contextmanager
def _without_fork_hooks() -> Iterator[None]:
    """Keep modules from registering what they would do after each fork, as ``threading`` and ``random`` do.

    In a child, which has one thread, nothing of it matters but new random numbers, for which ``become`` sees.
    """
    register = os.register_at_fork
    os.register_at_fork = lambda **_: None
    try:
        yield
    finally:
        os.register_at_fork = register
