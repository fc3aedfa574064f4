"""Grade a million synthetic rows with ``evaluate``; measure the memory of all its processes and the rows per second.

    python benchmarks/million_rows.py [--rows N] [--workers N]

Exits 1 where the processes together held more than 300 MB at any moment, or a row is missing or not passed.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LIMIT_MB = 300
PAUSE = 0.02
"""Seconds between two looks at the memory."""


def main() -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--example", default="math-gsm8k")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reward-kit-million-") as folder:
        data = Path(folder) / "dataset.jsonl"
        with data.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(arguments.rows))
        command = [
            *(sys.executable, "-m", "reward_kit_" + arguments.example.replace("-", "_"), "evaluate"),
            *("--data", str(data), "--output", folder, "--run-id", "run", "--workers", str(arguments.workers)),
        ]
        started = time.monotonic()
        peak, code = peak_memory(command)
        seconds = time.monotonic() - started
        summary = json.loads((Path(folder) / "run" / "run.json").read_text(encoding="utf-8"))["summary"]
        with (Path(folder) / "run" / "results.jsonl").open("rb") as results:
            written = sum(1 for _ in results)
    print(f"rows            {written:,} written, {summary['passed']:,} passed, exit code {code}")
    print(f"workers         {arguments.workers}")
    print(f"data set        {arguments.rows:,} rows")
    print(f"peak memory     {peak / 1e6:.0f} MB over all processes (limit {LIMIT_MB} MB)")
    print(f"throughput      {written / seconds:,.0f} rows/s ({seconds:.1f} s with starting and reading)")
    complete = code == 0 and written == arguments.rows == summary["passed"]
    return 0 if complete and peak <= LIMIT_MB * 1e6 else 1


def rows(count: int) -> Iterator[dict[str, object]]:
    """Yield samples whose answers are numbers of every shape that the reward has to read."""
    dice = random.Random(17)  # noqa: S311 - data, no secret
    for number in range(count):
        boxes, each = dice.randint(2, 9_999), dice.randint(2, 999)
        total = boxes * each
        yield {
            "id": f"row-{number}",
            "messages": [{"role": "user", "content": f"{boxes} boxes hold {each} screws each. How many in all?"}],
            "ground_truth": f"{total:,}" if number % 3 else str(total),
            "reference": f"There are {boxes} * {each} = <<{boxes}*{each}={total}>>{total} screws.\n#### {total}",
        }


def peak_memory(command: list[str]) -> tuple[int, int]:
    """Run ``command`` and return the most bytes that it and its descendants held, and its exit code."""
    process = subprocess.Popen(command)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(resident(pid) for pid in family(process.pid)))
        time.sleep(PAUSE)
    return peak, process.returncode


def family(pid: int) -> list[int]:
    """Return ``pid`` and its descendants."""
    members = [pid]
    for member in members:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            try:
                members.extend(map(int, children.read_text().split()))
            except OSError:  # it ended meanwhile
                continue
    return members


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds; what several share is counted for each."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0)


if __name__ == "__main__":
    sys.exit(main())
