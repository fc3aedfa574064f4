"""A grader that is killed leaves no process and no file."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

GRADER = """
import sys
from reward_kit.sandbox import Limits, Program, Stdin
from reward_kit.sandbox.native import NativeSandbox
sandbox = NativeSandbox(workers=2, without=sys.argv[1:])
print("up", flush=True)
programs = [Program(source="open('f', 'w').write('x')\\nwhile True: pass"), Program(source="print(1)")]
while True:
    sandbox.run_batch([(program, [Stdin("")] * 3) for program in programs], limits=Limits(seconds=1))
"""


def files():
    return {path.name for path in Path("/tmp").glob("reward-kit-jail-*")}  # noqa: S108 - where workers put them


def descendants(pid):
    """Return the processes below ``pid``, which is stopped and so makes no more."""
    found, waiting = set(), [str(pid)]
    while waiting:
        tasks = Path("/proc", waiting.pop(), "task")
        try:
            children = " ".join((task / "children").read_text() for task in tasks.iterdir()).split()
        except OSError:
            continue
        found |= set(children)
        waiting += children
    return found


@pytest.mark.parametrize("without", [[], ["namespaces"]])
@pytest.mark.parametrize("moment", [0.0, 0.11, 0.37, 0.83])
def test_kill_9_leaves_nothing_after_two_seconds(without, moment):
    before = files()
    grader = subprocess.Popen([sys.executable, "-c", GRADER, *without], stdout=subprocess.PIPE)
    assert grader.stdout.readline() == b"up\n"
    time.sleep(moment)
    os.kill(grader.pid, signal.SIGSTOP)
    below = descendants(grader.pid)
    grader.kill()
    grader.wait()
    grader.stdout.close()
    until = time.monotonic() + 2
    while time.monotonic() < until and (files() - before or any(Path("/proc", pid).exists() for pid in below)):
        time.sleep(0.02)
    assert not files() - before
    assert not [pid for pid in below if Path("/proc", pid).exists()]
