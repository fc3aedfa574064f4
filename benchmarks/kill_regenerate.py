"""Kill ``regenerate`` at random moments, go on, and compare its replies with those of an undisturbed run.

    python benchmarks/kill_regenerate.py [--moments N]

The local Fireworks is slow and strikes 30 % of the requests with faults; there is no cache. Each time the process is
killed with SIGKILL somewhere between its start and its usual end. Exits 1 where the file of replies differs in a byte
from that of the undisturbed run, or a row is lost or there twice.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path

from reward_kit.data import load_jsonl
from reward_kit.testing.fireworks import Faults, FireworksServer

BROKEN = ("500", "503", "429-retry-after-ms", "cut-before-answer", "cut-mid-body", "truncated-json")
FAULTS = Faults(rate=1.0, kinds=("slow",) * 14 + BROKEN, seed=5, delay=0.2, retry_after=0.2)
"""Seven of ten answers are slow, so that a run takes a while all along, and three are broken."""


def main() -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--example", default="math-gsm8k")
    arguments = parser.parse_args()
    package = "reward_kit_" + arguments.example.replace("-", "_")
    samples = load_jsonl(Path(str(files(package) / "data" / "dataset.jsonl")))
    replies = [{"prompt": sample["messages"][-1]["content"], "response": sample["reference"]} for sample in samples]
    command = [sys.executable, "-m", package, "regenerate", "--no-cache"]
    command += ["--concurrency", str(arguments.concurrency), "--output"]
    dice = random.Random(17)  # noqa: S311 - moments, no secret
    failures = 0
    with FireworksServer(replies=replies) as server, tempfile.TemporaryDirectory(prefix="reward-kit-kill-") as place:
        folder = Path(place)
        environment = {**os.environ, "FIREWORKS_API_KEY": server.api_key, "FIREWORKS_API_BASE": server.url}
        server.faults = FAULTS
        started = time.monotonic()
        whole = run([*command, "whole.jsonl"], folder, environment)
        usual = time.monotonic() - started
        expected = (folder / "whole.jsonl").read_bytes()
        print(f"undisturbed: {len(samples)} rows in {usual:.1f} s, exit code {whole}")
        failures += whole != 0 or expected.count(b"\n") != len(samples)
        for moment in sorted(dice.uniform(0.0, usual) for _ in range(arguments.moments)):
            server.faults = FAULTS
            server.forget()
            path = folder / f"killed-{moment:.3f}.jsonl"
            kept = kill([*command, path.name], folder, environment, moment, path)
            code = run([*command, path.name], folder, environment)
            asked = sum(request.fault in {None, "slow"} for request in server.requests)
            rows = [row["id"] for row in load_jsonl(path)]
            equal = code == 0 and path.read_bytes() == expected and len(set(rows)) == len(rows) == len(samples)
            failures += not equal
            print(
                f"killed after {moment:.2f} s with {kept} rows kept; resumed: exit code {code}, {asked} answers for "
                f"{len(samples)} rows, {'equal to the undisturbed run' if equal else 'DIFFERENT'}"
            )
    print(f"{arguments.moments} kills: {'FAILED' if failures else 'passed'}")
    return 1 if failures else 0


def run(command: list[str], folder: Path, environment: dict[str, str]) -> int:
    """Run ``command`` to its end and return its exit code."""
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False).returncode


def kill(command: list[str], folder: Path, environment: dict[str, str], seconds: float, path: Path) -> int:
    """Kill ``command`` after so many seconds and return how many whole rows it had written."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return path.read_bytes().count(b"\n") if path.exists() else 0


if __name__ == "__main__":
    sys.exit(main())
