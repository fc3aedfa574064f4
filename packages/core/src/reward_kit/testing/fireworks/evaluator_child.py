"""Run an evaluator's code. A script, started by path in a process of its own; it uses the standard library alone.

``python -I evaluator_child.py JOB FD``: reads the job from the JSON file JOB and writes one line of JSON per event to
the file descriptor FD, so that what the code prints stays apart: ``{"ready": true}``, or ``import_error`` where there
is nothing to call; then, per sample, ``result`` or ``error``.
"""

import asyncio
import contextlib
import importlib
import inspect
import json
import os
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

_MAX_FILE_BYTES = 64 * 2**20


def main() -> None:
    """Do the job."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    descriptor = int(sys.argv[2])
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - positional only
    with os.fdopen(descriptor, "w", encoding="utf-8") as events:
        _limit(job["memory_bytes"])
        sys.path.insert(0, job["folder"])
        try:
            if job["compile"]:
                _compile_all(Path(job["folder"]))
            functions = [_load(file, function) for file, function in job["entries"]]
        except BaseException as error:  # noqa: BLE001 - whatever the code raises is told
            _send(events, {"import_error": _trace(error)})
            return
        _send(events, {"ready": True})
        for sample in job["samples"]:
            _send(events, _graded(functions[0], sample))


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE_BYTES, _MAX_FILE_BYTES))
    with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _compile_all(folder: Path) -> None:
    for file in sorted(folder.rglob("*.py")):
        compile(file.read_bytes(), str(file.relative_to(folder)), "exec", dont_inherit=True)


def _load(entry_file: str, entry_func: str) -> Callable[..., Any]:
    module = importlib.import_module(entry_file.removesuffix(".py").replace("/", "."))
    function = getattr(module, entry_func, None) if entry_func else main
    if not callable(function):
        message = f"{entry_file!r} has no function {entry_func!r}"
        raise ImportError(message)  # noqa: TRY004 - told as what it is: the import that failed
    return function


def _graded(function: Callable[..., Any], sample: dict[str, Any]) -> dict[str, Any]:
    try:
        value = function(**sample)
        if inspect.isawaitable(value):
            value = asyncio.run(_awaited(value))
        return {"result": _plain(value)}
    except BaseException as error:  # noqa: BLE001 - whatever the code raises is told
        return {"error": _trace(error)}


async def _awaited(value: Any) -> Any:  # noqa: ANN401 - whatever the code returns
    return await value


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the code returns
    dump = getattr(value, "model_dump", None)
    return json.loads(json.dumps(dump() if callable(dump) else value, default=repr))


def _trace(error: BaseException) -> str:
    """Return the traceback without this script's own frames and the import system's."""
    place: TracebackType | None = error.__traceback__
    while place and (place.tb_frame.f_code.co_filename == __file__ or "importlib" in place.tb_frame.f_code.co_filename):
        place = place.tb_next
    return "".join(traceback.format_exception(type(error), error, place))


def _send(events: TextIO, event: dict[str, Any]) -> None:
    events.write(json.dumps(event) + "\n")
    events.flush()


if __name__ == "__main__":
    main()
