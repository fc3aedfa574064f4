"""Kill ``evaluate`` at random moments, resume it, and compare its results with those of an undisturbed run.

    python benchmarks/kill_resume.py [--rows N] [--moments N] [--workers N ...]

Each time the process is killed with SIGKILL when its results have reached a random size, whatever it is doing
then; then the same command is given again. Exits 1 where the results differ in a byte, a row is there twice or
missing, or a worker lives on.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from million_rows import family, rows

GONE_WITHIN = 5.0
"""Seconds in which the workers of a killed process have to be gone."""


def main() -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--example", default="math-gsm8k")
    arguments = parser.parse_args()
    dice = random.Random(17)  # noqa: S311 - moments, no secret
    failures = 0
    with tempfile.TemporaryDirectory(prefix="reward-kit-kill-") as folder:
        data = Path(folder) / "dataset.jsonl"
        with data.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(arguments.rows))
        for workers in arguments.workers:
            command = [
                *(sys.executable, "-m", "reward_kit_" + arguments.example.replace("-", "_"), "evaluate", "--quiet"),
                *("--data", str(data), "--output", folder, "--workers", str(workers), "--run-id"),
            ]
            subprocess.run([*command, f"whole-{workers}"], check=True, capture_output=True)
            expected = results(folder, f"whole-{workers}")
            print(f"workers {workers}: {len(expected)} bytes of results, undisturbed", flush=True)
            for moment in range(arguments.moments):
                run = f"killed-{workers}-{moment}"
                size = int(dice.uniform(0.0, 0.98) * len(expected))
                kept = kill([*command, run], size, Path(folder) / run / "results.jsonl")
                resumed = subprocess.run([*command, run], check=False, capture_output=True, text=True)
                same = resumed.returncode == 0 and results(folder, run) == expected
                failures += not same or kept.orphans
                verdict = "equal" if same else f"DIFFERENT {resumed.stderr.strip()}"
                left = ", A WORKER LIVED ON" if kept.orphans else ""
                print(f"  killed with {kept.lines:6} whole rows: {verdict}{left}", flush=True)
    print(f"{failures} of {arguments.moments * len(arguments.workers)} differ from an undisturbed run")
    return 1 if failures else 0


class Kept:
    """What a killed run left."""

    def __init__(self, path: Path, processes: list[int]) -> None:
        self.lines = path.read_bytes().count(b"\n") if path.exists() else 0
        until = time.monotonic() + GONE_WITHIN
        while any(map(alive, processes)) and time.monotonic() < until:
            time.sleep(0.01)
        self.orphans = any(map(alive, processes))


def kill(command: list[str], size: int, path: Path) -> Kept:
    """Start ``command``, kill it when the file at ``path`` has ``size`` bytes, and return what it left."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and (not path.exists() or path.stat().st_size < size):
        time.sleep(0.0005)
    processes = family(process.pid)[1:]
    process.send_signal(signal.SIGKILL)
    process.wait()
    return Kept(path, processes)


def alive(pid: int) -> bool:
    """Say whether a process is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def results(folder: str, run: str) -> bytes:
    """Return the results of a run."""
    return (Path(folder) / run / "results.jsonl").read_bytes()


if __name__ == "__main__":
    sys.exit(main())
