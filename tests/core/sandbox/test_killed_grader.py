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


def folders(workers):
    """Return the folders of these workers, which bear their numbers."""
    found = Path("/tmp").glob("reward-kit-jail-*")  # noqa: S108 - where workers put them
    return {path.name for path in found if path.name.split("-")[3] in workers}


def runs(pid):
    """Say whether a process is there, and has not merely been left unreaped by the system's first process."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
    grader = subprocess.Popen([sys.executable, "-c", GRADER, *without], stdout=subprocess.PIPE)
    assert grader.stdout.readline() == b"up\n"
    time.sleep(moment)
    os.kill(grader.pid, signal.SIGSTOP)
    below = descendants(grader.pid)
    grader.kill()
    grader.wait()
    grader.stdout.close()
    until = time.monotonic() + 2
    while time.monotonic() < until and (folders(below) or any(map(runs, below))):
        time.sleep(0.02)
    assert not folders(below)
    assert not [pid for pid in below if runs(pid)]
