"""What holds for any reply and any ground truth."""

import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reward_kit.rewards.function_calling import (
    composite_function_call_reward,
    exact_tool_match_reward,
    parse_tool_calls,
    schema_jaccard_reward,
)

REWARDS = (exact_tool_match_reward, composite_function_call_reward, schema_jaccard_reward)
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
keys = st.sampled_from(
    ["role", "content", "tool_calls", "function_call", "name", "arguments", "function", "type", "input"]
)
message = st.dictionaries(keys, anything | st.just("assistant"), max_size=5)
fragments = st.lists(
    st.sampled_from(
        [
            "<tool_call>",
            "</tool_call>",
            "<think>",
            "</think>",
            "{",
            "}",
            '"',
            "[",
            "]",
            '{"name": "f", "arguments": {}}',
            "<function=f>",
            "<parameter=x>",
            "</parameter>",
            "</function>",
            "[TOOL_CALLS]",
            "[ARGS]",
            "<|channel|>",
            "<|message|>",
            "to=functions.f",
            "<|call|>",
            "<|end|>",
            "<|tool_call>",
            "call:f{",
            "<tool_call|>",
            '<|"|>',
            "<|tool_call_begin|>",
            "<｜tool▁call▁begin｜>",
            "<｜tool▁sep｜>",
            "<arg_key>",
            "</arg_key>",
            "<arg_value>",
            "</arg_value>",
            "f",
            "f(x=1)",
            "\n",
            " ",
            ",",
            ":",
            "```",
            "json",
            "\ud800",
            "<|python_tag|>",
            "<|start|>assistant",
            '<invoke name="f">',
            "1e999",
        ]
    ),
    max_size=12,
).map("".join)
call = st.builds(
    lambda name, arguments: {"name": name, "arguments": arguments},
    st.sampled_from(["f", "g", "é"]),
    st.dictionaries(st.sampled_from(["x", "y", "z"]), json_values, max_size=3),
)


def fine(result):
    assert math.isfinite(result.score)
    assert 0.0 <= result.score <= 1.0
    result.model_dump_json()
    return result.score


@SLOW
@given(anything | message | fragments, anything | message | fragments, anything)
def test_no_reply_and_no_ground_truth_raises(reply, truth, tools):
    for reward in REWARDS:
        fine(reward([{"role": "user", "content": "?"}, reply], truth, tools=tools))
        fine(reward(reply, truth))


@SLOW
@given(fragments)
def test_a_text_that_is_not_the_call_is_never_paid_for_it(text):
    result = exact_tool_match_reward([{"role": "assistant", "content": text}], [{"name": "h", "arguments": {"x": 1}}])
    assert result.score == 0.0


@SLOW
@given(fragments)
def test_parsing_is_the_same_twice_and_counts_every_attempt(text):
    first, second = parse_tool_calls(text), parse_tool_calls(text)
    assert first == second
    assert first.attempts == len(first.calls) + len(first.malformed)
    assert (first.format == "none") == (first.attempts == 0)


@SLOW
@given(st.lists(call, min_size=1, max_size=4))
def test_the_same_calls_are_right_in_every_reward(calls):
    for layout in (
        {"tool_calls": calls},
        {"content": "".join(f"<tool_call>{json.dumps(one)}</tool_call>" for one in calls)},
        {"content": json.dumps(calls)},
    ):
        for reward in REWARDS:
            assert reward([{"role": "assistant", **layout}], calls).score == 1.0


@SLOW
@given(st.lists(call, min_size=1, max_size=4), st.lists(call, max_size=5), st.randoms())
def test_the_score_does_not_depend_on_the_order_of_the_calls(due, made, random):
    shuffled_due, shuffled = random.sample(due, len(due)), random.sample(made, len(made))
    for reward in REWARDS:
        one = fine(reward([{"role": "assistant", "tool_calls": made}], due))
        other = fine(reward([{"role": "assistant", "tool_calls": shuffled}], shuffled_due))
        assert one == pytest.approx(other, abs=1e-9)


@SLOW
@given(st.lists(call, min_size=1, max_size=3), st.lists(call, max_size=4))
def test_only_the_exact_calls_earn_everything_from_the_composite_reward(due, made):
    messages = [{"role": "assistant", "tool_calls": made}]
    exact = exact_tool_match_reward(messages, due).score
    composite = composite_function_call_reward(messages, due).score
    assert (composite == 1.0) == (exact == 1.0)
    assert composite == 1.0 or composite <= 0.6


def shared(name):
    folder = os.environ.get("REWARD_KIT_SHARED_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data"
    path = Path(folder) / "function_calling" / name
    if not path.is_file():
        pytest.skip(f"no labelled replies at {path}; set REWARD_KIT_SHARED_DATA to their folder")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_labelled_replies_are_graded_as_labelled():
    wrong = []
    for row in shared("hard.jsonl"):
        if row["expected"] is None or "__big__" in row["model_reply"]:
            continue
        messages = [*row["messages"], row["model_reply"]]
        result = exact_tool_match_reward(
            messages, row["ground_truth"], tools=row["tools"], possible_answers=row["possible_answers"]
        )
        if not result.is_score_valid or (result.score == 1.0) is not row["expected"]:
            wrong.append((row["id"], result))
    assert wrong == []


def test_ranked_replies_are_scored_in_their_order():
    for row in shared("graded.jsonl"):
        scores = {
            variant["tag"]: composite_function_call_reward(
                [*row["messages"], variant["model_reply"]], row["ground_truth"], tools=row["tools"]
            ).score
            for variant in row["variants"]
        }
        near = scores["one_wrong_value"]
        assert 1.0 == scores["canonical"] > near
        assert near >= max(scores.get(tag, 0.0) for tag in ("all_wrong_values", "empty_args", "wrong_name", "no_call"))
        assert near > max(
            scores.get(tag, 0.0) for tag in ("shotgun5", "dup_x10", "all_tools", "duplicate", "extra_call")
        )
