"""Measure the sandbox against a ``python -I`` subprocess per case, in the same round, with the same number of workers.

    python benchmarks/sandbox.py                      throughput, trivial and typical solutions
    python benchmarks/sandbox.py soak --cases 10000   every tenth program hostile: leaks, memory, steadiness

Ratios are medians over rounds in which both are measured one after the other, so that a busy machine slows both.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reward_kit.sandbox import Call, Limits, Program, Stdin
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
CASES = 10
SUBMISSIONS = 30


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["throughput", "soak"], default="throughput")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=10_000)
    arguments = parser.parse_args()
    sandbox = NativeSandbox(workers=arguments.workers)
    print(f"native {sandbox.level}, {arguments.workers} workers")
    if arguments.what == "soak":
        soak(sandbox, arguments.cases)
    else:
        throughput(sandbox, arguments.workers, arguments.rounds)
    sandbox.close()


def throughput(sandbox: NativeSandbox, workers: int, rounds: int) -> None:
    """Print cases per second and the ratio to a subprocess per case."""
    print(f"{'':34}{'cases/s':>10}{'subprocess/s':>14}{'ratio':>8}{'range':>16}")
    for name, solution in (("trivial", TRIVIAL), ("typical", TYPICAL)):
        kinds = {
            "function": (solution, [Call(function="solve", args=(n, n + 1)) for n in range(CASES)], True),
            "stdin, a process per case": (solution + MAIN, [Stdin(f"{n} {n + 1}\n") for n in range(CASES)], False),
            "stdin, a process per submission": (solution + MAIN, [Stdin(f"{n} {n + 1}\n") for n in range(CASES)], True),
        }
        for kind, (source, inputs, share) in kinds.items():
            jobs = [(Program(source=source), inputs)] * SUBMISSIONS
            sandbox.run_batch(jobs[:2], share=share)
            ratios, speeds, baselines = [], [], []
            for _ in range(rounds):
                began = time.perf_counter()
                outcomes = sandbox.run_batch(jobs, share=share)
                speed = SUBMISSIONS * CASES / (time.perf_counter() - began)
                if any(outcome.status != "ok" for case in outcomes for outcome in case):
                    sys.exit(f"a case failed: {outcomes[0][0]}")
                baseline = subprocess_speed(solution + MAIN, workers)
                ratios.append(speed / baseline)
                speeds.append(speed)
                baselines.append(baseline)
            print(
                f"{name + ' ' + kind:34}{statistics.median(speeds):10.0f}{statistics.median(baselines):14.1f}"
                f"{statistics.median(ratios):7.1f}x{min(ratios):8.1f}-{max(ratios):.1f}x"
            )


def subprocess_speed(source: str, workers: int, cases: int = 40) -> float:
    """Return the cases per second of ``python -I`` per case."""

    def one(_: int) -> None:
        subprocess.run([sys.executable, "-I", "-c", source], input=b"3 4\n", capture_output=True, check=True)

    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(cases)))
    return cases / (time.perf_counter() - began)


def soak(sandbox: NativeSandbox, cases: int) -> None:
    """Run many programs, every tenth hostile, and print what grew."""
    limits = Limits(seconds=1, memory_mb=256, output_bytes=4 << 20)
    start = snapshot()
    began = time.monotonic()
    step = 1000
    for at in range(0, cases, step):
        jobs = [
            (Program(source=HOSTILE[n // 10 % len(HOSTILE)] if n % 10 == 0 else TRIVIAL + MAIN), [Stdin("1 2\n")])
            for n in range(at, at + step)
        ]
        mark = time.monotonic()
        outcomes = sandbox.run_batch(jobs, limits=limits)
        good = sum(outcome.stdout == "3\n" for (outcome,) in outcomes)
        now = snapshot()
        print(
            f"{at + step:6} cases: {step / (time.monotonic() - mark):6.0f}/s, {good} right of {step * 9 // 10}, {now}"
        )
    print(f"start {start}; end {snapshot()}; {time.monotonic() - began:.0f} s")


def snapshot() -> dict[str, int]:
    """Return what could leak."""
    processes = sum(_is_ours(path) for path in Path("/proc").iterdir() if path.name.isdigit())
    return {
        "processes": processes,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "files": len(list(Path("/tmp").glob("reward-kit-jail-*"))),  # noqa: S108 - where workers put them
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _is_ours(process: Path) -> bool:
    try:
        return b"reward_kit.sandbox.jail" in (process / "cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    main()
