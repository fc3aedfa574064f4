"""Run ``regenerate`` against a local Fireworks that strikes 30 % of the requests with a fault of every kind there is.

    python benchmarks/regenerate_faults.py [--rate R] [--seeds N]

First with every fault that a client can get over: one run has to answer all rows. Then with refusals (401, 403, 404)
among them, which end a run: the same command is given until all rows are answered. Exits 1 where a row is lost, is
there twice, has another reply than the one recorded for it, or is not graded.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.resources import files
from pathlib import Path

from reward_kit.data import load_jsonl
from reward_kit.testing.fireworks import ALL_FAULTS, TRANSIENT_FAULTS, Faults, FireworksServer

MOST_RUNS = 200


def main() -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--example", default="math-gsm8k")
    arguments = parser.parse_args()
    package = "reward_kit_" + arguments.example.replace("-", "_")
    samples = load_jsonl(Path(str(files(package) / "data" / "dataset.jsonl")))
    replies = [{"prompt": sample["messages"][-1]["content"], "response": sample["reference"]} for sample in samples]
    failed = 0
    for seed in range(arguments.seeds):
        for kinds, most_runs in ((TRANSIENT_FAULTS, 1), (ALL_FAULTS, MOST_RUNS)):
            faults = Faults(rate=arguments.rate, kinds=kinds, seed=seed, delay=0.2, retry_after=0.5)
            with FireworksServer(replies=replies, faults=faults) as server, tempfile.TemporaryDirectory() as folder:
                outcome = regenerate(package, server, Path(folder), most_runs)
                problems = [*outcome["problems"], *compare(Path(folder) / "replies.jsonl", samples)]
                problems += [repr(error) for error in server.unexpected]
                struck = Counter(request.fault for request in server.requests if request.fault)
                print(
                    f"seed {seed}, {len(kinds)} kinds of faults: {len(samples)} rows, {len(server.requests)} requests, "
                    f"{struck.total()} struck by {len(struck)} kinds, {outcome['runs']} runs, "
                    f"{outcome['seconds']:.1f} s: {'; '.join(problems) or 'all answered, none lost, none twice'}"
                )
                failed += bool(problems)
    print("FAILED" if failed else "passed")
    return 1 if failed else 0


def regenerate(package: str, server: FireworksServer, folder: Path, most_runs: int) -> dict[str, object]:
    """Give the command until it has every reply."""
    command = [sys.executable, "-m", package, "regenerate", "--output", "replies.jsonl", "--no-cache", "--json"]
    environment = {**os.environ, "FIREWORKS_API_KEY": server.api_key, "FIREWORKS_API_BASE": server.url}
    started = time.monotonic()
    for run in range(1, most_runs + 1):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            told = json.loads(done.stdout)
            problems = [f"{told['not_graded']} not graded"] if told["not_graded"] else []
            return {"runs": run, "seconds": time.monotonic() - started, "problems": problems}
    problems = [f"exit code {done.returncode} of the last run: {done.stderr.strip()}"]
    return {"runs": most_runs, "seconds": time.monotonic() - started, "problems": problems}


def compare(path: Path, samples: list[dict[str, object]]) -> list[str]:
    """Return what is wrong with the replies: each row has to be there once, in order, with its own reply."""
    found = load_jsonl(path) if path.exists() else []
    ids, expected = [row["id"] for row in found], [sample["id"] for sample in samples]
    problems = [] if ids == expected else [f"{len(set(expected) - set(ids))} lost, {len(ids) - len(set(ids))} twice"]
    references = {sample["id"]: sample["reference"] for sample in samples}
    other = sum(row["message"]["content"] != references.get(row["id"]) for row in found)
    return problems + ([f"{other} with another reply"] if other else [])


if __name__ == "__main__":
    sys.exit(main())
