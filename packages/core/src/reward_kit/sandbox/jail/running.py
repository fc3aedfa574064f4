"""What a confined child does with a submission: run it as a program, call its functions, or answer a tester.

Everything from here on is the submission's own process and belongs to it: it can replace all of this. It gains
nothing: no expected output is here, and what it writes is an answer, never a verdict.
"""

import atexit
import io
import os
import sys
import threading
import traceback
import types
from typing import Any

from reward_kit.sandbox.jail import leetcode
from reward_kit.sandbox.jail.codec import CodecError, decode, encode, to_python
from reward_kit.sandbox.jail.payload import Payload, write_all, write_record

__all__ = [
    "ANSWERS",
    "Namespace",
    "compiled",
    "find_callable",
    "fresh_module",
    "imported",
    "open_streams",
    "prepare_program",
    "run_calls",
    "run_program",
    "run_programs",
    "say_failure",
]

ANSWERS = 3
"""The descriptor that answers are written to."""
FILENAME = "<submission>"
NAME_OF_STREAM = {0: "<stdin>", 1: "<stdout>", 2: "<stderr>"}
Namespace = dict[str, Any]


def run_program(payload: Payload, position: int) -> int:
    """Run the source with one input as ``python -I program.py`` would, and return its exit code."""
    _give_input(payload.piece(position))
    code = compiled(payload)
    payload.close()
    return _run_once(code)


def prepare_program(payload: Payload, position: int) -> None:
    """Write the source to its file and one input to standard input, for a program that is not Python."""
    name = payload.facts["file"]
    number = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    write_all(number, payload.piece(0))
    os.close(number)
    if position:
        _give_input(payload.piece(position))


def run_programs(payload: Payload, positions: list[int]) -> int:
    """Run the source once per input in this one process, each time in a fresh ``__main__``.

    A record per case says where its output ends.
    """
    code = compiled(payload)
    kept = [os.dup(descriptor) for descriptor in (0, 1, 2)]
    for number in positions:
        if number != positions[0]:
            for descriptor, copy in enumerate(kept):  # open(0) closes it when it is done
                os.dup2(copy, descriptor)
            open_streams()
        _give_input(payload.piece(number))
        status = _run_once(code)
        end = os.lseek(1, 0, os.SEEK_CUR)
        write_record(ANSWERS, number, b"p", end.to_bytes(8, "little") + status.to_bytes(1, "little"))
    return 0


def run_calls(payload: Payload, positions: list[int]) -> int:
    """Run the source, then call its function once per input; a record per case holds what came back."""
    limit = payload.facts["max_value"]
    namespace = imported(payload)
    target = find_callable(namespace, payload.facts["entry"])
    write_record(ANSWERS, 0, b"i", b"")
    for number in positions:
        arguments = to_python(decode(payload.piece(number), max_bytes=1 << 40))
        try:
            value = target(**arguments) if isinstance(arguments, dict) else target(*arguments)
            write_record(ANSWERS, number, b"v", encode(value, max_bytes=limit))
        except CodecError as error:
            write_record(ANSWERS, number, b"x", str(error).encode()[:400])
        except Exception as error:  # noqa: BLE001 - the submission's own failure, case by case
            write_record(ANSWERS, number, b"x", say_failure(error))
    return 0


def find_callable(namespace: Namespace, entry: str) -> Any:  # noqa: ANN401 - whatever the submission defines
    """Return the function ``entry``, or the method of that name of ``class Solution``.

    Raises:
        NameError: the submission defines neither.
    """
    name = entry.rsplit(".", 1)[-1]
    owner = namespace.get(entry.split(".", 1)[0] if "." in entry else "Solution")
    found = namespace.get(entry)
    if callable(found):
        return leetcode.called(found, namespace)
    if isinstance(owner, type) and callable(getattr(owner, name, None)):
        return lambda *args, **kwargs: leetcode.called(getattr(owner(), name), namespace)(*args, **kwargs)  # noqa: PLW0108 - a new object per call
    message = f"the program defines no function {entry!r}"
    raise NameError(message)


def say_failure(error: BaseException) -> bytes:
    """Return the type and the message of an exception, cut to 400 bytes."""
    try:
        return f"{type(error).__name__}: {error}".encode(errors="backslashreplace")[:400]
    except Exception:  # noqa: BLE001 - an exception of a submission may have a broken __str__
        return type(error).__name__.encode(errors="backslashreplace")[:400]


def compiled(payload: Payload) -> types.CodeType:
    """Return the submission's code."""
    return compile(payload.piece(0), FILENAME, "exec", dont_inherit=True)


def imported(payload: Payload) -> Namespace:
    """Run the source as an import of it would, what stands under ``if __name__ == "__main__"`` left out."""
    namespace = fresh_module("solution")
    namespace.update(leetcode.given_names(payload.piece(0)))
    exec(compiled(payload), namespace)  # noqa: S102 - the purpose of this process
    return namespace


def fresh_module(name: str) -> Namespace:
    """Return the namespace of a new module, which is the ``__main__`` of this process by any name."""
    module = types.ModuleType(name)
    sys.modules[name] = sys.modules["__main__"] = module
    return module.__dict__


def _give_input(data: bytes) -> None:
    """Make ``data`` all that standard input holds: the case before may have had more."""
    os.lseek(0, 0, os.SEEK_SET)
    write_all(0, data)
    os.ftruncate(0, len(data))
    os.lseek(0, 0, os.SEEK_SET)


def open_streams() -> None:
    """Open standard input, output and error anew on their descriptors.

    The server does it once for its children, who put descriptors of their own in the place of its: in each child it
    would cost as much as a third of the fork.
    """
    for descriptor, mode in ((0, "rb"), (1, "wb"), (2, "wb")):
        raw = open(descriptor, mode, closefd=False)  # noqa: SIM115 - a descriptor, open as long as the process
        stream = io.TextIOWrapper(raw, "utf-8", "surrogateescape", line_buffering=descriptor == 2)  # noqa: PLR2004
        stream.mode = mode[0]  # type: ignore[misc]  # as the interpreter's own streams have it
        setattr(sys, ("stdin", "stdout", "stderr")[descriptor], stream)
        setattr(sys, ("__stdin__", "__stdout__", "__stderr__")[descriptor], stream)


def _run_once(code: types.CodeType) -> int:
    """Run a program to its end, with threads and exit functions, and return its exit code."""
    namespace = fresh_module("__main__")
    streams = sys.stdout, sys.stderr
    try:
        exec(code, namespace)  # noqa: S102 - the purpose of this process
        status = 0
    except SystemExit as error:
        status = _exit_code(error.code)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        status = 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()  # noqa: SLF001 - what the interpreter calls at its end; there is no public name
    for stream in {*streams, sys.stdout, sys.stderr}:
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception:  # noqa: BLE001 - a stream of the program's own; the interpreter gives this code, too
            status = status or 120
    return status


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)  # noqa: T201 - as the interpreter does
    return 1
