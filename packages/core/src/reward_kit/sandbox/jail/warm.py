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
from reward_kit.sandbox.jail.codec import encode
from reward_kit.sandbox.jail.payload import Payload, pack, write_all

__all__ = ["LIBRARY", "PRELOADED", "load", "rehearse", "renew", "without_fork_hooks"]

PRELOADED = tuple(
    """
abc atexit bisect builtins codecs collections collections.abc contextlib copy enum functools gc heapq io itertools
math operator os re select signal string threading time traceback types typing warnings weakref
    """.split()
)
"""Modules that programs commonly import, or that cost a fork nothing because the server needs them."""
LIBRARY = frozenset(
    """
    array ast base64 binascii calendar cmath csv dataclasses datetime decimal difflib fractions graphlib hashlib
    ipaddress json numbers pickle pprint queue random secrets statistics struct textwrap unicodedata uuid zlib
    """.split()
)
"""Modules of the standard library that the server imports when the first program does."""
FIRST_FREE = 7
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



@contextlib.contextmanager
def without_fork_hooks() -> Iterator[None]:
    """Keep modules from registering what they would do after each fork, as `threading` and `random` do.

    In a child with one thread it is nothing that matters, or `renew` does it.
    """
    register = os.register_at_fork
    os.register_at_fork = lambda **_: None
    try:
        yield
    finally:
        os.register_at_fork = register


def load(names: Iterable[str]) -> None:
    """Import modules for all children to come."""
    missing = [name for name in names if name not in sys.modules]
    if not missing:
        return
    with without_fork_hooks():
        for name in missing:
            with contextlib.suppress(Exception):  # a submission that wants it will see the same error
                importlib.import_module(name)


def renew() -> None:
    """Do in a child what modules would do after a fork: no two cases draw the same numbers."""
    random = sys.modules.get("random")
    if random is not None:
        random.seed()


def rehearse() -> None:
    """Run what children run, in this process, on scratch files at the descriptors that a child has."""
    kept = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE) for descriptor in range(3)]
    arguments = encode([1, 2], max_bytes=100)
    for pieces, run in (
        ([PROGRAM, b"1 2\n"], running.run_programs),
        ([PROGRAM, arguments], running.run_calls),
    ):
        content = pack({"entry": "solve", "max_value": 100}, pieces)
        for target, data in enumerate((b"", b"", b"", b"", b"", content)):
            scratch = os.memfd_create("scratch", os.MFD_CLOEXEC)
            write_all(scratch, data)
            os.dup2(scratch, target)
            os.close(scratch)
        for _ in range(REHEARSALS):
            running.open_streams()
            run(Payload(5), [1])
        sys.stdout.flush()
    running.open_streams()
    for target, copy in enumerate(kept):
        os.dup2(copy, target)
        os.close(copy)
    os.closerange(3, FIRST_FREE)
