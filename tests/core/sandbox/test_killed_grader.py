"""A grader that is killed leaves no process and no file."""

import os
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


def left_over():
    found = [name for name in os.listdir("/tmp") if name.startswith("reward-kit-jail-")]  # noqa: PTH208, S108
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and b"reward_kit.sandbox.jail" in (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("without", [[], ["namespaces"]])
@pytest.mark.parametrize("moment", [0.0, 0.11, 0.37, 0.83])
def test_kill_9_leaves_nothing_after_two_seconds(without, moment):
    before = left_over()
    grader = subprocess.Popen([sys.executable, "-c", GRADER, *without], stdout=subprocess.PIPE)
    assert grader.stdout.readline() == b"up\n"
    time.sleep(moment)
    grader.kill()
    grader.wait()
    grader.stdout.close()
    until = time.monotonic() + 2
    while set(left_over()) - set(before) and time.monotonic() < until:
        time.sleep(0.02)
    assert not set(left_over()) - set(before)
