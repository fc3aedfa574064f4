"""A server beside other work: it answers while its context lasts, and is gone afterwards."""

import subprocess
import sys
import time

import pytest
import requests

from reward_kit.clients.credentials import ApiKey
from reward_kit.errors import ContractError
from reward_kit.rewards.math import math_reward
from reward_kit.rewards.remote import Remote
from reward_kit.serving import ServeSettings, serving

NINE = [{"role": "assistant", "content": "The answer is 9."}]


@pytest.fixture
def settings():
    return ServeSettings(port=0, workers=1, key=ApiKey(value="a-key-of-the-tests-0123456789", name="KEY"))


def test_it_answers_in_its_context_and_not_after(settings, monkeypatch):
    monkeypatch.setenv("KEY", "a-key-of-the-tests-0123456789")
    with serving(math_reward, settings) as url:
        monkeypatch.setenv("ADDRESS", url)
        assert Remote(url_env="ADDRESS", key_env="KEY")(NINE, ground_truth="9").score == 1.0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health", timeout=5)


def test_what_it_says_when_bound_reaches_the_processes_that_grade():
    program = """
import os
from reward_kit.rewards.remote import Remote
from reward_kit.rewards.math import math_reward
from reward_kit.evaluation import grade_all
from reward_kit.evaluation.conversations import Conversation
from reward_kit.models import Message
from reward_kit.serving import ServeSettings, serving

if __name__ == "__main__":
    row = Conversation(id="1", messages=(Message(role="assistant", content="9"),), ground_truth="9", extra={})
    tell = lambda url: os.environ.update(ADDRESS=url)
    with serving(math_reward, ServeSettings(port=0, workers=1), on_bound=tell):
        print([graded.result.score for graded in grade_all(iter([row] * 3), Remote(url_env="ADDRESS"), workers=2)])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "[1.0, 1.0, 1.0]\n", done.stderr


def test_a_failure_in_the_context_ends_it(settings):
    with pytest.raises(ZeroDivisionError), serving(math_reward, settings) as url:
        raise ZeroDivisionError
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health", timeout=5)


class Unloadable:
    def __reduce__(self):
        return int, ("no number",)


def test_a_reward_that_cannot_be_loaded_is_an_error(settings):
    with (
        pytest.raises(ContractError, match=r"cannot be loaded|ended before it could grade"),
        serving(Unloadable(), settings),
    ):
        pass


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_headers(settings, monkeypatch):
    monkeypatch.setenv("KEY", "a-key-of-the-tests-0123456789")
    with serving(math_reward, settings) as url:
        remote = Remote(url, key_env="KEY")
        times = []
        for _ in range(60):
            began = time.perf_counter()
            assert remote(NINE, ground_truth="9").score == 1.0
            times.append(time.perf_counter() - began)
    assert min(times[40:]) < 0.035  # a delayed acknowledgement takes 40 ms, once a connection is warm
