"""The questions and possible answers of the Berkeley Function Calling Leaderboard, out of its installed package.

``bfcl-eval`` is read as files and never imported: importing it loads the client of every provider it knows. Only its
Python categories with one turn are read; those in Java's and JavaScript's types need converters of their own.
"""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reward_kit.data.jsonl import read_jsonl
from reward_kit.data.sources import SourceRow
from reward_kit.errors import DataError, MissingExtraError

__all__ = ["BFCL_CATEGORIES", "bfcl_folder", "bfcl_rows", "bfcl_version"]

BFCL_CATEGORIES = (
    "simple_python", "multiple", "parallel", "parallel_multiple", "live_simple", "live_multiple", "live_parallel",
    "live_parallel_multiple", "irrelevance", "live_irrelevance",
)  # fmt: skip
_ABSTAIN = frozenset({"irrelevance", "live_irrelevance"})
_DISTRIBUTION = "bfcl-eval"


def bfcl_folder() -> Path:
    """Return the folder of the installed package's data.

    Raises:
        MissingExtraError: it is not installed.
    """
    spec = find_spec("bfcl_eval")
    if spec is None or not spec.submodule_search_locations:
        message = f"{_DISTRIBUTION!r} not installed; its data alone is needed: pip install --no-deps {_DISTRIBUTION}"
        raise MissingExtraError(message)
    return Path(spec.submodule_search_locations[0]) / "data"


def bfcl_version() -> str:
    """Return the version of the installed package, which pins its data."""
    try:
        return f"{_DISTRIBUTION} {version(_DISTRIBUTION)}"
    except PackageNotFoundError:
        return _DISTRIBUTION


def bfcl_rows(folder: Path | None = None) -> Iterator[SourceRow]:
    """Yield each question with its functions and possible answers, ``None`` where no call is due.

    Raises:
        MissingExtraError: the package is not installed.
        DataError: a file is missing or has another shape.
    """
    data = bfcl_folder() if folder is None else folder
    for category in BFCL_CATEGORIES:
        name = f"BFCL_v4_{category}.json"
        path = data / name
        answers: dict[str, Any] = {}
        if category not in _ABSTAIN:
            answers = {row["id"]: row["ground_truth"] for _, row in read_jsonl(data / "possible_answer" / name)}
        for number, row in read_jsonl(path):
            question = row.get("question")
            if not isinstance(question, list) or len(question) != 1:
                problem = "found another number of turns than 1"
                raise DataError(problem, path=path, line=number, field="question")
            raw = {
                "id": row["id"],
                "category": category,
                "messages": question[0],
                "functions": row["function"],
                "possible_answers": None if category in _ABSTAIN else answers[row["id"]],
            }
            yield SourceRow(path=str(path), line=number, raw=raw)
