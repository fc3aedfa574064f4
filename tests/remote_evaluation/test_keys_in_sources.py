"""An evaluator with its key in the source is refused wherever it would be sent on, and the key is not shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reward_kit.testing.fireworks import FireworksServer

pytestmark = pytest.mark.api
HARD_CODED = "reward_kit_remote_evaluation.hard_coded:evaluate"
PLACE = "reward_kit_remote_evaluation/hard_coded.py:18 holds what looks like a key (by the name 'VALIDATOR_KEY')"


def run(*arguments, **variables):
    script = Path(sys.executable).with_name("reward-kit")
    environment = {**os.environ, **variables}
    done = subprocess.run(
        [script, *arguments], capture_output=True, text=True, check=False, timeout=120, env=environment
    )
    assert "q7Tz4mWc" not in done.stdout + done.stderr
    return done


def test_check_names_the_place_and_grades_nothing():
    done = run("remote-evaluation", "check", "--reward", HARD_CODED)
    assert done.returncode == 1
    assert done.stdout == f"{PLACE}; read it from the environment instead of sending it\n"


def test_check_takes_the_evaluator_that_reads_its_key_from_the_environment():
    done = run("remote-evaluation", "check", "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert "2 rows: the reward and the data set keep what they promise" in done.stdout


def test_deploy_refuses_it_and_sends_nothing():
    with FireworksServer() as server:
        done = run("deploy", HARD_CODED, "--id", "x", FIREWORKS_API_KEY=server.api_key, FIREWORKS_API_BASE=server.url)
        assert server.requests == []
    assert done.returncode == 2
    assert PLACE in done.stderr


def test_preview_without_an_address_says_what_to_set():
    with FireworksServer() as server:
        names = {"FIREWORKS_API_KEY": server.api_key, "FIREWORKS_API_BASE": server.url, "VALIDATOR_URL": ""}
        done = run("remote-evaluation", "preview", **names)
    assert done.returncode == 3
    assert "VALIDATOR_URL is not set" in done.stderr
    assert "reward-kit serve reward_kit_remote_evaluation.validator:validate" in done.stderr


def test_serve_serves_the_validator():
    command = [Path(sys.executable).with_name("reward-kit"), "remote-evaluation", "serve", "--port", "0"]
    environment = {**os.environ, "RK_ENDPOINT_API_KEY": "a-key-of-the-tests-0123456789"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        line = process.stderr.readline()
        process.terminate()
    assert line.startswith("validate at http://127.0.0.1:")
