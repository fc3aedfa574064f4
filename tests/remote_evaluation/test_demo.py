"""``demo`` shows what it says, and leaves nothing behind: at its end, on Ctrl-C, and where any of its steps fails."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.api

STEPS = ("key", "service", "platform", "secrets", "hard-coded", "deploy", "right key", "wrong key")
FAILING = """
import sys
from reward_kit_remote_evaluation.demo import DemoSettings, demo

def say(step, outcome):
    print(step, flush=True)
    if step == sys.argv[1]:
        raise RuntimeError("the step after this one fails")

demo(DemoSettings(rows=1), say)
"""
PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(autouse=True)
def orphans():
    """Adopt what the programs of a test leave behind; there must be nothing."""
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1) == 0
    before = children()
    yield
    until = time.monotonic() + 20
    while (left := running(children() - before)) and time.monotonic() < until:
        time.sleep(0.05)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0)
    assert left == {}


def children():
    return {int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def running(pids):
    """Return the command of each process that has not ended."""
    found = {}
    for pid in pids:
        try:
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                found[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except (ChildProcessError, OSError):
            continue
    return found


def start(*command):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def demo(*arguments):
    return start(Path(sys.executable).with_name("reward-kit-remote-evaluation"), "demo", "--rows", "1", *arguments)


def test_it_shows_every_step_and_no_secret():
    process = demo()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    lines = {line[:12].strip(): line[12:] for line in out.splitlines()}
    assert tuple(lines) == (*STEPS, "end")
    assert lines["right key"] == "1 right replies earn 1.0, 1 empty ones 0.0"
    assert lines["wrong key"].startswith("none of 2 is graded (the service answers 403)")
    assert "hard_coded.py:18 holds what looks like a key" in lines["hard-coded"]
    assert "q7Tz4mWc" not in out + err


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_after_any_step_leaves_nothing_behind(step):
    process = start(sys.executable, "-c", FAILING, step)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert out.splitlines()[-1] == step
    assert "the step after this one fails" in err


@pytest.mark.parametrize("step", STEPS)
def test_an_interruption_after_any_step_leaves_nothing_behind(step):
    process = demo()
    for line in process.stdout:
        if line.startswith(step):
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip() == "error: interrupted; what was written is kept"


def test_a_kill_leaves_nothing_behind():
    process = demo()
    for line in process.stdout:
        if line.startswith("platform"):
            process.kill()
            break
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def test_a_port_that_is_taken_ends_it_with_3():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = demo("--port", str(taken.getsockname()[1]))
        _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "address already in use" in err


def test_an_address_where_nothing_answers_is_told():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = demo("--public-url", f"http://127.0.0.1:{port}")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert out.splitlines()[-1].startswith("deploy")
    assert "the previews did not score right replies 1.0 and empty ones 0.0" in err


@pytest.mark.parametrize(
    ("tunnel", "problem"),
    [
        ("ngrok", "found no token for ngrok, expected one in the variable NGROK_AUTHTOKEN"),
        ("ssh:-oProxyCommand=x", "expected ssh:[USER@]HOST[:PORT] or ngrok"),
        ("other", "expected ssh:[USER@]HOST[:PORT] or ngrok"),
    ],
)
def test_a_tunnel_that_is_none_ends_it_with_2(tunnel, problem):
    process = demo("--tunnel", tunnel)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert problem in err
