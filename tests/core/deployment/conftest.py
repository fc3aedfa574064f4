"""A served reward that a deployed evaluator can ask."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class ServedMath:
    """Where ``math_reward`` is served, and with which key."""

    url: str
    key: str


@pytest.fixture(scope="module")
def served_math():
    """Return a running server of ``math_reward``."""
    key = "a-key-of-the-tests-0123456789"
    command = [sys.executable, "-c", "from reward_kit.cli import main; main()", "serve"]
    process = subprocess.Popen(
        [*command, "reward_kit.rewards.math:math_reward", "--port", "0", "--workers", "1"],
        env={**os.environ, "RK_ENDPOINT_API_KEY": key},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield ServedMath(url=process.stderr.readline().split()[2].rstrip(","), key=key)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        process.stderr.close()
