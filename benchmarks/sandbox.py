"""Measure the sandbox against a ``python -I`` subprocess per case, in the same round, with the same number of workers.

    python benchmarks/sandbox.py                      throughput, trivial and typical solutions
    python benchmarks/sandbox.py soak --cases 10000   every tenth program hostile: leaks, memory, steadiness

Ratios of cases per second are medians over rounds in which both are measured one after the other, so that a busy
machine slows both; ratios of CPU time per case are of all rounds together. Exits 1 where a claim does not hold: a ratio
below what is said in ``CLAIMS``; in the soak, a wrong verdict, something left behind, more than 200 MB or a step much
slower than the others.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from million_rows import family

from reward_kit.sandbox import Call, Input, Limits, Program, Stdin
from reward_kit.sandbox.native import NativeSandbox

TRIVIAL = "def solve(a, b):\n    return a + b\n"
TYPICAL = """
import math
from collections import defaultdict

def solve(a, b):
    sieve = bytearray([1]) * 20000
    for i in range(2, 142):
        if sieve[i]:
            sieve[i * i :: i] = bytes(len(range(i * i, 20000, i)))
    seen = defaultdict(int)
    for i in range(3000):
        seen[(a * i + b) % 97] += math.gcd(i, 36)
    return sum(sieve) + max(seen.values())
"""
MAIN = "\na, b = map(int, input().split())\nprint(solve(a, b))\n"
FUNCTION, APART, TOGETHER = "function", "stdin, a process per case", "stdin, a process per submission"
CLAIMS = {
    (FUNCTION, "trivial"): 30,
    (FUNCTION, "typical"): 6,
    (APART, "trivial"): 4,
    (APART, "typical"): 4,
    (TOGETHER, "trivial"): 25,
    (TOGETHER, "typical"): 10,
}
"""Times the cases per second of a subprocess per case."""
CASES = 10
SUBMISSIONS = {FUNCTION: 100, APART: 30, TOGETHER: 100}
SUBPROCESSES = 40
HOSTILE = [
    "while True: pass",
    "x = [0] * 10**10",
    "import os\nwhile True: os.write(1, b'x' * 65536)",
    "import os\nos.fork()",
    "import threading, time\nfor _ in range(500): threading.Thread(target=time.sleep, args=(9,)).start()",
    "for n in range(10**6): open(f'f{n}', 'w').write('x' * 9999)",
    "import os; os._exit(3)",
    "import ctypes; ctypes.string_at(0)",
]
STEP = 1000
MAX_MB = 200
STEADY = 0.5
"""How fast the slowest step of the soak must be, of the median."""


@dataclass(slots=True)
class Measured:
    """What the rounds of one way of running came to."""

    speeds: list[float] = field(default_factory=list)
    """Cases per second, round by round."""
    cases: int = 0
    cpu: float = 0.0
    """Seconds of all rounds together."""

    def add(self, cases: int, seconds: float, cpu: float) -> None:
        """Add a round."""
        self.speeds.append(cases / seconds)
        self.cases += cases
        self.cpu += cpu


def main() -> int:
    """Read the command line, measure and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=["throughput", "soak"], default="throughput")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=10_000)
    arguments = parser.parse_args()
    sandbox = NativeSandbox(workers=arguments.workers)
    print(f"native {sandbox.level}, {arguments.workers} workers", flush=True)
    if arguments.what == "soak":
        broken = soak(sandbox, arguments.cases)
    else:
        broken = throughput(sandbox, arguments.workers, arguments.rounds)
        sandbox.close()
    for claim in broken:
        print(f"DOES NOT HOLD: {claim}")
    return 1 if broken else 0


def throughput(sandbox: NativeSandbox, workers: int, rounds: int) -> list[str]:
    """Print cases per second and the ratios to a subprocess per case; return the claims that do not hold."""
    print(f"{'':40}{'cases/s':>8}{'subprocess/s':>14}{'ratio':>8}{'range':>15}{'claim':>8}{'CPU ratio':>11}")
    broken = []
    for (kind, name), claim in CLAIMS.items():
        solution = {"trivial": TRIVIAL, "typical": TYPICAL}[name]
        ours, theirs = Measured(), Measured()
        for _ in range(rounds):
            run_in_sandbox(sandbox, kind, solution, ours)
            run_subprocesses(solution + MAIN, workers, theirs)
        ratios = [mine / other for mine, other in zip(ours.speeds, theirs.speeds, strict=True)]
        ratio = statistics.median(ratios)
        cpu_ratio = theirs.cpu / theirs.cases / (ours.cpu / ours.cases)
        spread = f"{min(ratios):.1f}-{max(ratios):.1f}x"
        print(
            f"{name + ' ' + kind:40}{statistics.median(ours.speeds):8.0f}{statistics.median(theirs.speeds):14.1f}"
            f"{ratio:7.1f}x{spread:>15}{claim:7}x{cpu_ratio:10.1f}x",
            flush=True,
        )
        if ratio < claim:
            broken.append(f"{name} {kind}: {ratio:.1f}x, less than {claim}x")
    return broken


def run_in_sandbox(sandbox: NativeSandbox, kind: str, solution: str, found: Measured) -> None:
    """Add a round of the sandbox, whose workers have seen such a program before."""
    inputs: Sequence[Input]
    if kind == FUNCTION:
        source, inputs = solution, [Call(function="solve", args=(n, n + 1)) for n in range(CASES)]
    else:
        source, inputs = solution + MAIN, [Stdin(f"{n} {n + 1}\n") for n in range(CASES)]
    jobs = [(Program(source=source), inputs)] * SUBMISSIONS[kind]
    share = kind != APART
    sandbox.run_batch(jobs[:4], share=share)
    began, used = time.perf_counter(), cpu_of_workers() + time.process_time()
    outcomes = sandbox.run_batch(jobs, share=share)
    seconds, used = time.perf_counter() - began, cpu_of_workers() + time.process_time() - used
    if any(outcome.status != "ok" for case in outcomes for outcome in case):
        sys.exit(f"a case failed: {outcomes[0][0]}")
    found.add(len(jobs) * CASES, seconds, used)


def cpu_of_workers() -> float:
    """Return the seconds of CPU time of all processes below this one, and of those that they have waited for."""
    ticks = 0
    for pid in family(os.getpid())[1:]:
        ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def run_subprocesses(source: str, workers: int, found: Measured) -> None:
    """Add a round of ``python -I`` per case."""

    def one(_: int) -> None:
        subprocess.run([sys.executable, "-I", "-c", source], input=b"3 4\n", capture_output=True, check=True)

    began, used = time.perf_counter(), os.times()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(SUBPROCESSES)))
    seconds = time.perf_counter() - began
    found.add(SUBPROCESSES, seconds, sum(os.times()[:4]) - sum(used[:4]))


def soak(sandbox: NativeSandbox, cases: int) -> list[str]:
    """Run many programs, every tenth hostile, print what grew, and return what should not have."""
    limits = Limits(seconds=1, memory_mb=256, output_bytes=4 << 20)
    sandbox.run_batch([(Program(source=TRIVIAL + MAIN), [Stdin("1 2\n")])] * 100)
    workers = set(family(os.getpid())[1:])
    start = snapshot(workers)
    began = time.monotonic()
    wrong, speeds = 0, []
    for at in range(0, cases, STEP):
        jobs = [
            (Program(source=HOSTILE[n // 10 % len(HOSTILE)] if n % 10 == 0 else TRIVIAL + MAIN), [Stdin("1 2\n")])
            for n in range(at, at + STEP)
        ]
        mark = time.monotonic()
        outcomes = sandbox.run_batch(jobs, limits=limits)
        speeds.append(STEP / (time.monotonic() - mark))
        good = sum(outcome.stdout == "3\n" for (outcome,) in outcomes)
        del outcomes  # megabytes of them were printed without end
        wrong += abs(good - STEP * 9 // 10)
        print(
            f"{at + STEP:6} cases: {speeds[-1]:4.0f}/s, {good} right of {STEP * 9 // 10}, {snapshot(workers)}",
            flush=True,
        )
    end = snapshot(workers)
    print(f"start {start}; end {end}; {time.monotonic() - began:.0f} s")
    sandbox.close()
    closed = snapshot(workers)
    checks = {
        f"{wrong} verdicts are wrong": wrong,
        f"processes grew from {start['processes']} to {end['processes']}": end["processes"] > start["processes"],
        f"descriptors grew from {start['descriptors']} to {end['descriptors']}": end["descriptors"]
        > start["descriptors"],
        f"the grader took {end['peak_mb']} MB": end["peak_mb"] >= MAX_MB,
        f"left behind: {closed}": closed["processes"] or closed["files"],
        f"steps were as slow as {min(speeds):.0f}/s": min(speeds) < STEADY * statistics.median(speeds),
    }
    return [claim for claim, fails in checks.items() if fails]


def snapshot(workers: set[int]) -> dict[str, int]:
    """Return what could leak; ``workers`` are processes that have been there, whose folders bear their numbers."""
    folders = Path("/tmp").glob("reward-kit-jail-*")  # noqa: S108 - where workers put them
    return {
        "processes": len(family(os.getpid())) - 1,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "files": sum(int(path.name.split("-")[3]) in workers for path in folders),
        "workers_mb": sum(map(resident_of_its_own, family(os.getpid())[1:])) >> 20,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def resident_of_its_own(pid: int) -> int:
    """Return the bytes that a process shares with no file."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon:")), 0)


if __name__ == "__main__":
    sys.exit(main())
