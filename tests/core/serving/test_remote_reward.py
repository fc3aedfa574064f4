"""A reward that asks a server: what it scores, and what becomes of everything that can go wrong on the way."""

import pickle
import threading
import time
from pathlib import Path

import pytest
from werkzeug import Response

from reward_kit.errors import PrerequisiteError, UsageError
from reward_kit.evaluation import grade, grade_all
from reward_kit.evaluation.conversations import Conversation
from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.models import Message
from reward_kit.rewards.composite import all_of, part
from reward_kit.rewards.math import math_reward
from reward_kit.rewards.remote import Remote

YES = [{"role": "assistant", "content": "yes"}]
RESULT = {"score": 0.5, "is_score_valid": True, "reason": "half"}


@pytest.fixture
def remote(served, key, monkeypatch):
    monkeypatch.setenv("SCORER_KEY", key)
    return Remote(served.url, key_env="SCORER_KEY")


def test_the_server_decides(remote):
    assert remote(YES, ground_truth="yes").score == 1.0
    assert remote(YES, ground_truth="no").score == 0.0


def test_what_the_server_cannot_grade_is_not_graded(remote):
    result = remote([{"role": "assistant", "content": "raise"}], ground_truth="yes")
    assert (result.is_score_valid, result.error) == (False, "ConnectionError: the judge is gone")


def test_it_grades_in_worker_processes(remote):
    row = Conversation(id="1", messages=(Message(role="assistant", content="yes"),), ground_truth="yes", extra={})
    assert [graded.result.score for graded in grade_all(iter([row] * 4), remote, workers=2)] == [1.0] * 4


def test_worker_processes_have_the_environment_of_now(served, key, monkeypatch):
    row = Conversation(id="1", messages=(Message(role="assistant", content="yes"),), ground_truth="yes", extra={})
    monkeypatch.delenv("SCORER_KEY", raising=False)
    remote = Remote(served.url, key_env="SCORER_KEY")
    (before,) = grade_all(iter([row]), remote, workers=2)
    assert "SCORER_KEY is not set" in before.result.error
    monkeypatch.setenv("SCORER_KEY", key)
    (after,) = grade_all(iter([row]), remote, workers=2)
    assert after.result.score == 1.0


def test_it_trains(remote):
    reward = create_trl_adapter(remote, {"answer": "ground_truth"})
    assert reward(prompts=["?", "?"], completions=["yes", "no"], answer=["yes", "yes"]) == [1.0, 0.0]


def test_it_is_a_part_like_any_other(remote):
    reward = all_of(part("sum", math_reward), part("word", remote))
    reply = [{"role": "assistant", "content": r"\boxed{3}"}]
    assert reward(reply, ground_truth={"sum": "3", "word": r"\boxed{3}"}).score == 1.0


def test_a_wrong_key_is_not_graded_and_names_the_variable(served, monkeypatch):
    monkeypatch.setenv("SCORER_KEY", "another-key-0123456789")
    result = Remote(served.url, key_env="SCORER_KEY")(YES, ground_truth="yes")
    assert not result.is_score_valid
    assert "403" in result.error
    assert "SCORER_KEY" in result.error
    assert "another-key" not in result.error


def test_a_key_that_is_not_set_is_named(served, monkeypatch):
    monkeypatch.delenv("SCORER_KEY", raising=False)
    remote = Remote(served.url, key_env="SCORER_KEY")
    with pytest.raises(PrerequisiteError, match="SCORER_KEY is not set"):
        remote(YES, ground_truth="yes")
    assert not grade(remote, YES, ground_truth="yes").is_score_valid


def test_a_busy_server_is_asked_again(httpserver):
    httpserver.expect_ordered_request("/evaluate").respond_with_json({}, status=429, headers={"Retry-After": "0"})
    httpserver.expect_ordered_request("/evaluate").respond_with_json({}, status=503)
    httpserver.expect_ordered_request("/evaluate").respond_with_json(RESULT)
    assert Remote(httpserver.url_for("/"))(YES, ground_truth="yes").score == 0.5


@pytest.mark.parametrize(
    "answer", [{}, {"score": "high"}, {"score": 1.0, "error": "x", "is_score_valid": True}, [1]], ids=str
)
def test_an_answer_that_is_no_result_is_not_graded(httpserver, answer):
    httpserver.expect_request("/evaluate").respond_with_json(answer)
    result = Remote(httpserver.url_for("/"), retries=0)(YES, ground_truth="yes")
    assert not result.is_score_valid
    assert "answered no result" in result.error


def test_a_server_that_hangs_is_given_up(httpserver):
    released = threading.Event()
    httpserver.expect_request("/evaluate").respond_with_handler(lambda _: Response(str(released.wait(20))))
    started = time.monotonic()
    result = Remote(httpserver.url_for("/"), timeout=0.5)(YES, ground_truth="yes")
    assert time.monotonic() - started < 3
    released.set()
    assert not result.is_score_valid
    while not httpserver.log:  # what is answered late is not to be found in the next test
        time.sleep(0.01)


def test_after_many_failures_nothing_is_asked_for_a_while(httpserver):
    httpserver.expect_request("/evaluate").respond_with_json({}, status=500)
    remote = Remote(httpserver.url_for("/"), retries=0, breaker=3, pause=0.3)
    results = [remote(YES, ground_truth="yes") for _ in range(6)]
    assert len(httpserver.log) == 3
    assert results[-1].error.startswith("not asked: 3 requests failed one after the other, the last one by: POST ")
    httpserver.clear()
    httpserver.expect_request("/evaluate").respond_with_json(RESULT)
    time.sleep(0.4)
    assert [remote(YES, ground_truth="yes").score for _ in range(3)] == [0.5] * 3


def test_a_request_that_the_server_refuses_does_not_stop_the_others(httpserver):
    httpserver.expect_request("/evaluate").respond_with_json({"detail": "no"}, status=422)
    remote = Remote(httpserver.url_for("/"), breaker=1)
    for _ in range(3):
        assert "422" in remote(YES, ground_truth="yes").error
    assert len(httpserver.log) == 3


def test_failures_count_only_one_after_the_other(httpserver):
    for status in (500, 422, 500, 422):
        httpserver.expect_ordered_request("/evaluate").respond_with_json({"detail": "no"}, status=status)
    remote = Remote(httpserver.url_for("/"), retries=0, breaker=2)
    assert ["not asked" in remote(YES, ground_truth="yes").error for _ in range(4)] == [False] * 4


def test_a_server_that_refuses_a_request_is_there_again(httpserver):
    for status in (500, 500, 422):
        httpserver.expect_ordered_request("/evaluate").respond_with_json({"detail": "no"}, status=status)
    httpserver.expect_ordered_request("/evaluate").respond_with_json(RESULT)
    remote = Remote(httpserver.url_for("/"), retries=0, breaker=2, pause=0.2)
    for _ in range(2):
        remote(YES, ground_truth="yes")
    time.sleep(0.3)
    assert "422" in remote(YES, ground_truth="yes").error
    assert remote(YES, ground_truth="yes").score == 0.5


def test_half_a_surrogate_pair_reaches_the_server(remote):
    reply = [{"role": "assistant", "content": "yes\ud800"}]
    assert remote(reply, ground_truth="yes\ud800").score == 1.0


def test_connections_are_used_again(served, remote):
    before = _connections(served.url)
    for _ in range(20):
        remote(YES, ground_truth="yes")
    assert _connections(served.url) <= before + 1


def _connections(url):
    """Return how many connections to the server there are, those just closed included."""
    port = f":{int(url.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(port) for row in rows if row[2] != "00000000:0000")


def test_it_pickles_without_its_key(remote, key):
    data = pickle.dumps(remote)
    assert key.encode() not in data
    assert pickle.loads(data) == remote  # noqa: S301 - made here


@pytest.mark.parametrize("arguments", [{"timeout": 0}, {"retries": -1}, {"breaker": 0}, {"pause": 0}], ids=str)
def test_wrong_limits_are_refused(arguments):
    with pytest.raises(UsageError, match="expected positive numbers"):
        Remote("http://127.0.0.1:1", **arguments)


def test_a_url_that_is_none_is_refused():
    with pytest.raises(UsageError, match="found the base URL 'ftp://x'"):
        Remote("ftp://x")
