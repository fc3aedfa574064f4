"""Programs that are not Python: compiled where they need it, in the sandbox, and run by their own runtime there.

They get workers of their own, whose programs may read and execute /usr; still one process per case, no network, no
other files. JavaScript can also be called by function, C++ reads standard input.
"""

import dataclasses
import functools
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reward_kit.errors import UsageError
from reward_kit.sandbox import reading
from reward_kit.sandbox.jail.codec import encode
from reward_kit.sandbox.jail.payload import pack
from reward_kit.sandbox.jail.worker import Job, Returned
from reward_kit.sandbox.model import Call, Input, IsolationUnavailableError, Level, Limits, Outcome, Stdin
from reward_kit.sandbox.pool import Holder

__all__ = ["LANGUAGES", "Language", "find", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How programs of a language are made and run."""

    file: str
    program: str
    """What has to be installed."""
    compile: tuple[str, ...] = ()
    run: tuple[str, ...]
    stack_mb: int = 64


LANGUAGES = {
    "javascript": Language(
        file="main.js", program="node", run=("{program}", "--max-old-space-size={memory}", "main.js"), stack_mb=8
    ),
    "cpp": Language(
        file="main.cpp",
        program="g++",
        compile=("{program}", "-O2", "-std=c++17", "-pipe", "-o", "main", "main.cpp"),
        run=("./main",),
    ),
    "c": Language(
        file="main.c", program="gcc", compile=("{program}", "-O2", "-o", "main", "main.c", "-lm"), run=("./main",)
    ),
}
CALL_JAVASCRIPT = """
;{const name=%s;
const found=(()=>{try{return eval(name)}catch{const it=new Solution();return it[name].bind(it)}})();
for(const line of require('fs').readFileSync(0,'utf8').split('\\n').filter(Boolean))
{const value=found(...JSON.parse(line));
require('fs').writeSync(1,'\\n'+JSON.stringify(value===undefined?null:value)+'\\n')}}
"""
COMPILE_SECONDS = 30
COMPILE_MEMORY = 1024


def find(name: str) -> Language:
    """Return a language by its name.

    Raises:
        UsageError: there is none of that name.
        IsolationUnavailableError: what runs it is not installed.
    """
    found = LANGUAGES.get(name)
    if found is None:
        message = f"found language={name!r}, expected one of python, {', '.join(LANGUAGES)}"
        raise UsageError(message)
    if _program(found.program) is None:
        message = f"{found.program!r} is not installed, which programs in {name} need"
        raise IsolationUnavailableError(message)
    return found


@functools.cache
def _program(name: str) -> str | None:
    return shutil.which(name, path="/usr/bin:/bin")


def run(
    holder: Holder, language: Language, source: str, inputs: Sequence[Input], limits: Limits, *, level: Level
) -> list[Outcome]:
    """Run a program on each input, each time in a process of its own."""
    if any(isinstance(case, Call) for case in inputs):
        return _calls(holder, language, source, inputs, limits, level=level)
    pieces = [source.encode("utf-8", "surrogatepass")]
    pieces += [case.text.encode("utf-8", "surrogatepass") for case in inputs if isinstance(case, Stdin)]
    found: list[Outcome] = []
    payload = pack({"file": language.file}, pieces)
    for position in range(1, len(pieces)):
        last = position == len(pieces) - 1
        if language.compile and not found:
            failed = _compile(holder, language, payload, level)
            if failed is not None:
                return [failed] * len(inputs)
        keep = bool(language.compile) and not last  # what was compiled
        returned = _execute(holder, language.run, language, payload, position, limits=limits, keep=keep)
        found.append(reading.of_programs(returned, limits, level)[0])
    return found


def _compile(holder: Holder, language: Language, payload: bytes, level: Level) -> Outcome | None:
    """Compile, leaving the program in the worker's folder; return how it failed."""
    limits = Limits(seconds=COMPILE_SECONDS, memory_mb=COMPILE_MEMORY, output_bytes=64 << 20)
    returned = _execute(holder, language.compile, language, payload, 0, limits=limits, fresh=True, fork=True)
    (outcome,) = reading.of_programs(returned, limits, level)
    if outcome.status == "ok":
        return None
    return Outcome(status="compile_error", detail=outcome.stderr.strip()[:300], stderr=outcome.stderr, isolation=level)


def _execute(
    holder: Holder,
    command: tuple[str, ...],
    language: Language,
    payload: bytes,
    position: int,
    *,
    limits: Limits,
    keep: bool = True,
    fresh: bool = False,
    fork: bool = False,
) -> Returned:
    words = [
        word.format(program=_program(language.program), memory=max(16, limits.memory_mb - 100)) for word in command
    ]
    request: dict[str, Any] = {
        "mode": "exec",
        "positions": [position],
        "command": words,
        "keep": keep,
        "fresh": fresh,
        "fork": fork,
        "stack": language.stack_mb << 20,
        "wall": limits.seconds,
        "budget": limits.seconds,
        "cpu": int(limits.seconds) + 1,
        "memory": limits.memory_mb << 20,
        "file": limits.output_bytes,
    }
    return holder.run(Job(request=request, payload=payload, max_output=limits.output_bytes, max_answers=0))


def _calls(
    holder: Holder, language: Language, source: str, inputs: Sequence[Input], limits: Limits, *, level: Level
) -> list[Outcome]:
    """Call a JavaScript function once per case, by a line of JSON on standard input."""
    if language.file != "main.js":
        message = "function cases are for python and javascript; use standard input and output"
        raise UsageError(message)
    calls = [case for case in inputs if isinstance(case, Call)]
    found = []
    for call in calls:
        if call.kwargs:
            message = "found keyword arguments for a JavaScript function, expected a list"
            raise UsageError(message)
        text = source + CALL_JAVASCRIPT % json.dumps(call.function)
        line = json.dumps(list(call.args))
        (outcome,) = run(holder, language, text, [Stdin(line)], limits, level=level)
        found.append(_with_value(outcome, limits))
    return found


def _with_value(outcome: Outcome, limits: Limits) -> Outcome:
    """Read what the function returned off the last line of the output."""
    if outcome.status != "ok":
        return outcome
    line = outcome.stdout.rstrip("\n").rsplit("\n", 1)[-1]
    try:
        value = json.loads(line, parse_constant=float)
        tree = json.loads(encode(value, max_bytes=limits.value_bytes))
    except (ValueError, RecursionError):
        return dataclasses.replace(outcome, status="runtime_error", detail="the function gave no JSON value")
    return dataclasses.replace(outcome, value=tree)
