"""Kill a grader at random moments and look for what its sandbox leaves: processes, and files.

    python benchmarks/kill_sandbox.py [--moments N]

The grader runs programs that loop, write files, print without end and try to outlive it, in workers with namespaces
and, every second time, in workers without. It is killed with SIGKILL. Exits 1 where one of the processes below it, or
a folder of one of its workers, is there two seconds later.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from kill_resume import alive
from million_rows import family

GONE_WITHIN = 2.0
LONGEST = 1.5
"""Seconds until the grader is killed, at the most, from when its first programs may run."""
FOLDERS = ("/tmp", "/dev/shm", "/var/tmp")  # noqa: S108 - where workers make theirs
GRADER = """
import sys
from reward_kit.sandbox import Limits, Program, Stdin
from reward_kit.sandbox.native import NativeSandbox

PROGRAMS = [
    "print(1)",
    "while True: pass",
    "for n in range(1000): open(f'f{n}', 'w').write('x' * 9999)\\nwhile True: pass",
    "import os\\nwhile True: os.write(1, b'x' * 65536)",
    "import threading, time\\nfor _ in range(20): threading.Thread(target=time.sleep, args=(60,)).start()",
    "import os, signal\\nfor n in range(1, 32):\\n    try: signal.signal(n, signal.SIG_IGN)\\n"
    "    except (OSError, ValueError): pass\\nos.setpgid(0, 0)\\nwhile True: pass",
]
sandbox = NativeSandbox(workers=2, without=sys.argv[1:])
print("up", flush=True)
while True:
    sandbox.run_batch([(Program(source=source), [Stdin("")] * 3) for source in PROGRAMS], limits=Limits(seconds=0.2))
"""


def main() -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=50)
    arguments = parser.parse_args()
    dice = random.Random(17)  # noqa: S311 - moments, no secret
    failures = 0
    slowest = 0.0
    for number in range(arguments.moments):
        without = ["namespaces"] if number % 2 else []
        moment = dice.uniform(0, LONGEST)
        below = kill([sys.executable, "-c", GRADER, *without], moment)
        until = time.monotonic() + GONE_WITHIN
        while (left := leftovers(below)) and time.monotonic() < until:
            time.sleep(0.01)
        taken = GONE_WITHIN - (until - time.monotonic())
        slowest = max(slowest, taken)
        failures += bool(left)
        kind = "without namespaces" if without else "with namespaces"
        verdict = f"LEFT {', '.join(left)}" if left else f"all gone after {taken:.2f} s"
        print(f"  killed after {moment:4.2f} s, {kind}: {len(below)} processes below, {verdict}", flush=True)
    print(f"{failures} of {arguments.moments} left something after {GONE_WITHIN:g} s; the slowest took {slowest:.2f} s")
    return 1 if failures else 0


def kill(command: list[str], moment: float) -> list[int]:
    """Start a grader, kill it ``moment`` seconds after its sandbox is up, and return what was below it then."""
    reading, writing = os.pipe()
    grader = subprocess.Popen(command, stdout=writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        said.readline()
        time.sleep(moment)
        grader.send_signal(signal.SIGSTOP)  # or it could start another worker that nobody has seen
        below = family(grader.pid)[1:]
        grader.kill()
        grader.wait()
    return below


def leftovers(below: list[int]) -> list[str]:
    """Return the processes that still run, and the folders of workers, which bear the workers' numbers.

    One that has ended and waits for the system's first process to take note of it is gone.
    """
    folders = [path for parent in FOLDERS for path in Path(parent).glob("reward-kit-jail-*")]
    left = [str(path) for path in folders if int(path.name.split("-")[3]) in below]
    return [*(f"process {pid}" for pid in below if alive(pid)), *left]


if __name__ == "__main__":
    sys.exit(main())
