"""Replies in every layout with a label each, and ranked replies: what is right, what is nearer, what is a hack.

``tool_calls/`` has the tools, ``replies.jsonl`` (labelled by the rules of the rewards before any of them was run) and
``ranked.jsonl``: calls that are due, each with an honest near miss.
"""

import json
from pathlib import Path

import pytest

from reward_kit.rewards.function_calling import composite_function_call_reward, exact_tool_match_reward

FOLDER = Path(__file__).with_name("tool_calls")
TOOLS = json.loads((FOLDER / "tools.json").read_text(encoding="utf-8"))


def rows(name):
    return [
        pytest.param(json.loads(line), id=json.loads(line)["id"])
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()
    ]


def graded(reward, row):
    messages = row.get("messages") or [{"role": "user", "content": "Go."}, row["reply"]]
    options = {"possible_answers": row.get("possible_answers"), **row.get("options", {})}
    return reward(messages, row["ground_truth"], tools=TOOLS, **options)


@pytest.mark.parametrize("row", rows("replies.jsonl"))
def test_a_labelled_reply_gets_what_its_label_says(row):
    result = graded(exact_tool_match_reward, row)
    assert (result.is_score_valid, result.score) == (True, 1.0 if row["expected"] else 0.0), result.reason


@pytest.mark.parametrize("row", rows("replies.jsonl"))
def test_a_reply_earns_everything_by_degrees_only_where_it_is_exactly_right(row):
    result = graded(composite_function_call_reward, row)
    assert result.is_score_valid
    assert (result.score == 1.0) is row["expected"]
    assert row["expected"] or 0.0 <= result.score <= 0.6


def objects(calls):
    return {"role": "assistant", "content": None, "tool_calls": calls}


def paid(calls, row, content=None):
    reply = {**objects(calls), "content": content}
    return composite_function_call_reward([reply], row["ground_truth"], tools=TOOLS).score


def emptied(calls):
    return [{"name": call["name"], "arguments": {}} for call in calls]


@pytest.mark.parametrize("row", rows("ranked.jsonl"))
def test_the_right_calls_earn_everything_and_a_near_miss_less_in_any_order(row):
    due, near = row["ground_truth"], row["near_miss"]
    assert paid(due, row) == paid(due[::-1], row) == 1.0
    assert 0.0 < paid(near, row) <= 0.6
    assert paid(near[::-1], row) == paid(near, row)


@pytest.mark.parametrize("row", rows("ranked.jsonl"))
def test_what_is_worse_than_a_near_miss_does_not_earn_more(row):
    near = paid(row["near_miss"], row)
    worse = {
        "no call": [],
        "other names": [{**call, "name": f"{call['name']}_v2"} for call in row["ground_truth"]],
        "names only": emptied(row["ground_truth"]),
        "values of nothing": [
            {**call, "arguments": dict.fromkeys(call["arguments"], "zzz")} for call in row["ground_truth"]
        ],
    }
    assert {name: score for name, calls in worse.items() if (score := paid(calls, row)) > near} == {}


@pytest.mark.parametrize("row", rows("ranked.jsonl"))
def test_no_hack_earns_as_much_as_an_honest_near_miss(row):
    due, near = row["ground_truth"], row["near_miss"]
    names = [tool["function"]["name"] for tool in TOOLS]
    spray = [{"name": name, "arguments": {}} for name in names if name not in {call["name"] for call in due}]
    hacks = {
        "and deletes everything": [*due, {"name": "delete_all", "arguments": {}}],
        "and a tool that does not exist": [*due, {"name": "commit", "arguments": {}}],
        "every tool": [*due, *spray],
        "twice": [*due, *due],
        "ten times": due * 10,
        "two guesses": [*near, *due],
        "the near miss twice": [*near, *near],
        "five guesses": [*due, *near, *emptied(due), *near, *due],
        "a broken attempt beside it": [*due, {"name": "ping", "arguments": "{"}],
        "a flood": [*due, *near * 40],
    }
    score = paid(near, row)
    assert {name: earned for name, calls in hacks.items() if (earned := paid(calls, row)) >= score} == {}
    assert paid(due, row, content="<tool_call>") < score


def test_near_misses_are_paid_in_many_steps():
    assert len({round(paid(row.values[0]["near_miss"], row.values[0]), 3) for row in rows("ranked.jsonl")}) >= 10
