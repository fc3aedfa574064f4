import json
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_kit.errors import DataError, UsageError
from reward_kit.evaluation import evaluate, pass_all_k, pass_at_k
from reward_kit.evaluation.attempts import PromptTally
from reward_kit.models import Message, Reply, Sample

SAMPLES = [Sample(id=name, messages=[Message(role="user", content=name)], ground_truth=name.upper()) for name in "abcd"]


def reward(messages, *, ground_truth, **_):
    text = messages[-1].text
    if text == "?":
        message = "unreadable"
        raise ValueError(message)
    return {"score": float(text == ground_truth), "reason": text}


def replies(*texts):
    """Return a reply for each text such as ``a:A``: the id, and what it says."""
    for text in texts:
        name, _, said = text.partition(":")
        yield Reply(id=name, message=Message(role="assistant", content=said))


COUNTS = st.integers(1, 9).flatmap(
    lambda graded: st.tuples(st.just(graded), st.integers(0, graded), st.integers(1, graded))
)


@given(COUNTS)
def test_pass_at_k_is_the_share_of_the_sets_of_k_in_which_one_passes(counts):
    graded, passed, k = counts
    sets = list(combinations([True] * passed + [False] * (graded - passed), k))
    assert pass_at_k(graded, passed, k) == pytest.approx(sum(map(any, sets)) / len(sets), abs=1e-12)
    assert pass_all_k(graded, passed, k) == pytest.approx(sum(map(all, sets)) / len(sets), abs=1e-12)


@pytest.mark.parametrize(
    ("graded", "passed", "k", "expected"),
    [(10, 3, 1, 0.3), (10, 3, 5, 11 / 12), (2, 1, 2, 1.0), (4, 0, 4, 0.0), (100_000, 1, 1000, 0.01)],
)
def test_pass_at_k_by_hand(graded, passed, k, expected):
    assert pass_at_k(graded, passed, k) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("counts", [(0, 0, 1), (3, 4, 1), (3, -1, 1), (3, 1, 4), (3, 1, 0)])
def test_counts_that_make_no_sense_are_refused(counts):
    for estimate in (pass_at_k, pass_all_k):
        with pytest.raises(ValueError, match="expected 0 <= passed <= graded and 1 <= k <= graded"):
            estimate(*counts)


def test_a_tally_for_no_attempt_is_refused():
    with pytest.raises(ValueError, match="found k=0, expected at least 1"):
        PromptTally(0)


def test_every_figure_is_a_mean_over_prompts_whatever_the_order_of_the_replies():
    # a passes 2 of 3, b 0 of 3, c 1 of 3: pass@1 (2+0+1)/9; pass@2 (1 + 0 + 2/3)/3; pass^2 (1/3 + 0 + 0)/3.
    given_replies = replies("a:A", "b:x", "c:x", "a:A", "c:C", "b:x", "b:x", "c:x", "a:x")
    summary = evaluate(SAMPLES, reward, replies=given_replies, attempts=2)
    found = summary.attempts
    assert (summary.rows, summary.passed, summary.unanswered, summary.interval) == (9, 3, 1, None)
    assert found.pass_at_1.mean == found.mean_score.mean == pytest.approx(1 / 3)
    assert found.pass_at_k.mean == pytest.approx(5 / 9)
    assert found.pass_all_k.mean == pytest.approx(1 / 9)
    # Of 2/3, 0, 1/3: standard error 1/sqrt(27), times 4.303; cut at 0, below which no rate lies.
    assert found.pass_at_1.interval.low == 0.0
    assert round(found.mean_score.interval.low, 3) == -0.495
    assert round(found.mean_score.interval.high, 3) == 1.161


def test_prompts_with_too_few_graded_attempts_are_named_and_left_out():
    given_replies = replies("a:A", "a:x", "b:B", "c:C", "c:?", "d:?", "d:?")
    found = evaluate(SAMPLES, reward, replies=given_replies, attempts=2).attempts
    assert found.too_few == ("b", "c", "d")
    assert (found.pass_at_1.mean, found.pass_at_k.mean, found.pass_all_k.mean) == (0.5, 1.0, 0.0)
    by_id = {prompt["id"]: prompt for prompt in found.prompts_to_json()}
    assert by_id["c"] == {
        "id": "c",
        "graded": 1,
        "passed": 1,
        "not_graded": 1,
        "pass_rate": 1.0,
        "interval": [pytest.approx(0.2065, abs=1e-4), 1.0],
        "mean_score": 1.0,
        "pass_at_k": None,
    }
    assert (by_id["d"]["pass_rate"], by_id["d"]["interval"], by_id["d"]["mean_score"]) == (None, None, None)
    assert by_id["a"]["pass_at_k"] == 1.0


def test_where_no_prompt_has_enough_there_is_no_figure():
    found = evaluate(SAMPLES, reward, replies=replies("a:A", "b:B"), attempts=2).attempts
    assert (found.pass_at_1, found.pass_at_k, found.pass_all_k, found.mean_score) == (None, None, None, None)


def test_prompts_that_pass_or_fail_have_the_interval_of_a_rate():
    found = evaluate(SAMPLES, reward, replies=replies("a:A", "b:B", "c:C", "d:D"), attempts=1).attempts
    assert found.pass_at_1.mean == 1.0
    assert round(found.pass_at_1.interval.low, 4) == 0.5101


def test_attempts_without_replies_are_refused():
    with pytest.raises(UsageError, match="found attempts=2 without replies, expected replies"):
        evaluate(SAMPLES, reward, attempts=2)


def test_a_second_reply_is_refused_where_no_attempts_were_asked_for():
    with pytest.raises(DataError, match="found 'a' again, after line 1; several attempts need --attempts"):
        evaluate(SAMPLES, reward, replies=replies("a:A", "a:x"))


TEXTS = [f"{name}:{'A' if number % 3 else 'x'}" for number in range(6) for name in "ab"]


class _StopError(Exception):
    pass


@pytest.mark.parametrize("stop", [1, 5, 11])
def test_attempts_that_were_broken_off_go_on_and_equal_those_that_were_not(tmp_path, write_jsonl, stop):
    rows = [{"id": text[0], "response": text[2:]} for text in TEXTS]
    path = write_jsonl(tmp_path / "replies.jsonl", rows)
    whole = evaluate(SAMPLES, reward, replies=path, attempts=3, run_dir=tmp_path / "whole")

    def on_row(row):
        if row.index == stop - 1:
            raise _StopError

    with pytest.raises(_StopError):
        evaluate(SAMPLES, reward, replies=path, attempts=3, run_dir=tmp_path / "run", on_row=on_row)
    again = evaluate(SAMPLES, reward, replies=path, attempts=3, run_dir=tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "results.jsonl").read_bytes() == (tmp_path / "whole" / "results.jsonl").read_bytes()
    assert again.attempts == whole.attempts


def test_a_finished_run_is_summed_up_again_for_another_k_without_grading(tmp_path):
    evaluate(SAMPLES, reward, replies=replies(*TEXTS), attempts=1, run_dir=tmp_path)

    def never(_messages, **_):
        raise AssertionError

    never.__module__, never.__qualname__ = reward.__module__, reward.__qualname__
    found = evaluate(SAMPLES, never, replies=replies(*TEXTS), attempts=6, run_dir=tmp_path, resume=True)
    assert found.attempts.pass_at_k.mean == 0.5
    assert json.loads((tmp_path / "run.json").read_text())["summary"]["attempts"]["k"] == 6
