"""A served reward in a process of its own."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

HERE = Path(__file__).parent
KEY = "a-key-of-the-tests-0123456789"


class Served:
    """A running ``reward-kit serve``."""

    def __init__(self, process, url):
        self.process = process
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {KEY}"

    def grade(self, text, truth="yes", **kwargs):
        body = {"messages": [{"role": "assistant", "content": text}], "ground_truth": truth, **kwargs}
        return self.session.post(f"{self.url}/evaluate", json=body, timeout=30)

    def workers(self):
        """Return the processes that grade: those whose parent is the fork server."""
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit()
            and int(entry.name) != self.process.pid
            and _session_of(entry) == int(entry.name)
            and _ancestor(int(entry.name), self.process.pid)
        ]


def _stat(entry):
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _session_of(entry):
    stat = _stat(entry)
    return int(stat[3]) if stat else None


def _ancestor(pid, ancestor):
    while pid > 1:
        stat = _stat(Path("/proc") / str(pid))
        if stat is None:
            return False
        pid = int(stat[1])
        if pid == ancestor:
            return True
    return False


@contextmanager
def _serving(*arguments, key=KEY, target="served_rewards:behaves", folder=HERE):
    environment = {**os.environ, "RK_ENDPOINT_API_KEY": key or ""}
    command = [sys.executable, "-c", "from reward_kit.cli import main; main()", "serve", target]
    process = subprocess.Popen(
        [*command, "--port", "0", *arguments], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stderr.readline()
        assert line.startswith("behaves at http://"), line + process.stderr.read()
        yield Served(process, line.split()[2].rstrip(","))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()
            process.stderr.close()


@pytest.fixture(scope="session")
def serving():
    """Return the context manager that starts a server with further arguments."""
    return _serving


@pytest.fixture(scope="session")
def key():
    """Return the key of the servers."""
    return KEY


@pytest.fixture(scope="module")
def served():
    """Return a server with small limits."""
    with _serving(
        "--workers", "2", "--timeout", "2", "--max-queue", "8", "--max-batch", "4", "--max-body", "20000"
    ) as it:
        yield it
