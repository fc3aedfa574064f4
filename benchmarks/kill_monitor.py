"""Append rows to logs that are rotated and compressed, kill the monitor that grades them, and count what it graded.

    python benchmarks/kill_monitor.py [--rows N] [--kills N]

Exits 1 where a row was not graded, or graded twice. Every second row has no identity of its own.
"""

import argparse
import gzip
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MONITOR = """
from reward_kit.monitoring import Monitor, MonitorSettings, Store
from reward_kit.rewards.math import math_reward
with Store(DATABASE) as store:
    monitor = Monitor(math_reward, LOG, store, settings=MonitorSettings(timeout=None))
    while True:
        if not monitor.poll() and ONCE:
            break
"""


def main() -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    arguments = parser.parse_args()
    dice = random.Random(17)  # noqa: S311 - moments, no secret
    with tempfile.TemporaryDirectory(prefix="reward-kit-monitor-") as folder:
        log, database = Path(folder) / "app.jsonl", Path(folder) / "monitor.db"
        script = MONITOR.replace("DATABASE", repr(str(database))).replace("LOG", repr(str(log)))
        started = time.monotonic()
        share = arguments.rows // arguments.kills
        for kill in range(arguments.kills):
            process = subprocess.Popen([sys.executable, "-c", script.replace("ONCE", "False")])
            for first in range(kill * share, (kill + 1) * share, 500):
                append(log, range(first, min(first + 500, (kill + 1) * share)))
                if dice.random() < 0.1:
                    rotate(log, first, compress=dice.random() < 0.5)
                time.sleep(0.02)
            time.sleep(dice.uniform(0.2, 1.0))
            process.kill()
            process.wait()
        done = subprocess.run([sys.executable, "-c", script.replace("ONCE", "True")], check=False)
        rows = share * arguments.kills
        graded, passed = sqlite3.connect(database).execute("SELECT count(*), sum(passed) FROM gradings").fetchone()
        files = len(list(Path(folder).glob("app.jsonl*")))
        elapsed = time.monotonic() - started
        print(f"{graded} gradings of {rows} rows in {files} files, {arguments.kills} kills, {elapsed:.0f} s")
        return 0 if done.returncode == 0 and graded == passed == rows else 1


def append(log: Path, numbers: range) -> None:
    """Write one row for each number."""
    with log.open("a", encoding="utf-8") as file:
        for number in numbers:
            row = {"messages": [{"role": "user", "content": "?"}], "ground_truth": "3"}
            answer = {"role": "assistant", "content": "#### 3"}
            if number % 2:
                row |= {"id": f"chatcmpl-{number}", "model": "m", "choices": [{"message": answer}]}
            else:
                row |= {"message": answer, "id": "same", "model": "m"}
            file.write(json.dumps(row) + "\n")


def rotate(log: Path, number: int, *, compress: bool) -> None:
    """Rename the log, or put a compressed copy in its place."""
    if not compress:
        log.rename(log.with_name(f"app.jsonl.{number}"))
        return
    part = log.with_name(f"part-{number}")
    part.write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    part.rename(log.with_name(f"app.jsonl.{number}.gz"))


if __name__ == "__main__":
    sys.exit(main())
