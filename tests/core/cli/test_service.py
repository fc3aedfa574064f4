"""The server that an example's reward asks: the one that is named, or one on loopback for as long as it is needed."""

import os

import pytest

from reward_kit.cli.service import asked_service, named_service, served_reward
from reward_kit.errors import PrerequisiteError, UsageError
from reward_kit.evaluation import grade
from reward_kit.example import Example, Service
from reward_kit.rewards.math import math_reward
from reward_kit.rewards.remote import Remote

SERVICE = Service(target="reward_kit.rewards.math:math_reward", url_env="SCORER_URL", key_env="SCORER_KEY")
NINE = [{"role": "assistant", "content": "The answer is 9."}]


@pytest.fixture
def example(monkeypatch):
    for name in (SERVICE.url_env, SERVICE.key_env):
        monkeypatch.delenv(name, raising=False)
    return Example(
        name="asks",
        package="asks",
        summary="One that asks.",
        source=None,
        row=dict,
        system_prompt="",
        reward=Remote(url_env=SERVICE.url_env, key_env=SERVICE.key_env),
        service=SERVICE,
    )


def test_it_runs_on_loopback_with_a_key_of_its_own_each_time(example):
    seen = []
    for _ in range(2):
        with asked_service(example):
            assert grade(example.reward, NINE, ground_truth="9").score == 1.0
            seen.append((os.environ["SCORER_URL"], os.environ["SCORER_KEY"]))
        assert "SCORER_URL" not in os.environ
        assert "SCORER_KEY" not in os.environ
    assert seen[0][0].startswith("http://127.0.0.1:")
    assert seen[0][1] != seen[1][1]


def test_it_is_stopped_when_the_work_fails(example):
    with pytest.raises(ZeroDivisionError), asked_service(example):
        raise ZeroDivisionError
    assert "SCORER_URL" not in os.environ
    assert not grade(example.reward, NINE, ground_truth="9").is_score_valid


def test_the_one_that_is_named_is_asked_and_none_is_started(example, monkeypatch):
    monkeypatch.setenv("SCORER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SCORER_KEY", "a-key-of-the-tests")
    with asked_service(example):
        assert os.environ["SCORER_URL"] == "http://127.0.0.1:9"


def test_an_address_without_a_key_is_told_at_once(example, monkeypatch):
    monkeypatch.setenv("SCORER_URL", "http://127.0.0.1:9")
    with pytest.raises(PrerequisiteError, match="SCORER_KEY is not set"), asked_service(example):
        pass


def test_work_on_another_machine_needs_an_address(example):
    with pytest.raises(PrerequisiteError, match=r"SCORER_URL is not set, .* by `reward-kit secret set`"):
        named_service(example)


def test_what_is_served_is_the_reward_behind_the_service(example):
    assert served_reward(example) is math_reward


def test_a_reward_without_an_address_is_not_graded_and_names_the_variable(example):
    assert "SCORER_URL is not set" in grade(example.reward, NINE, ground_truth="9").error


@pytest.mark.parametrize("arguments", [{}, {"url": "http://127.0.0.1:9", "url_env": "SCORER_URL"}], ids=str)
def test_a_remote_reward_has_one_address(arguments):
    with pytest.raises(UsageError, match="expected one of them"):
        Remote(**arguments)
