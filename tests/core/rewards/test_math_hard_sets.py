"""Verdicts on hard and on hostile replies, whose labels state the policy.

``data/`` beside this file has two sets of our own; the shared data has two more of the same kinds, and is skipped where
it is absent. A few of the hostile replies need the computer algebra system.
"""

import importlib.util
import json
import os
import time
from pathlib import Path

import pytest

from reward_kit.rewards.math import math_reward, verify

OURS = Path(__file__).parent / "data"
SHARED = Path(os.environ.get("REWARD_KIT_SHARED_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
SETS = {
    "our hard set": OURS / "math_hard.jsonl",
    "our adversarial set": OURS / "math_adversarial.jsonl",
    "the shared hard set": SHARED / "math" / "hard.jsonl",
    "the shared adversarial set": SHARED / "math" / "adversarial.jsonl",
}
ALGEBRA = ("\\int", "\\lim", "\\prod", "\\sum", "matrix")
LIMIT = 1.1


def rows(name):
    if not SETS[name].is_file():
        pytest.skip(f"no file {SETS[name].name!r} in the shared data; set REWARD_KIT_SHARED_DATA to its folder")
    found = [json.loads(line) for line in SETS[name].read_text(encoding="utf-8").splitlines()]
    if importlib.util.find_spec("math_verify"):
        return found
    return [row for row in found if row["expected"] or not any(sign in row["response_text"] for sign in ALGEBRA)]


@pytest.fixture(scope="module", autouse=True)
def _the_algebra_system_has_started():
    verify(r"\boxed{\int_0^1 x dx}", "57")


@pytest.mark.parametrize("name", SETS)
def test_every_verdict_is_as_it_is_labelled(name):
    found = [(row, verify(row["response_text"], row["ground_truth"])) for row in rows(name)]
    false = [(row["id"], verdict) for row, verdict in found if verdict.score != float(row["expected"])]

    assert false == []


@pytest.mark.parametrize("name", SETS)
def test_the_lenient_reward_pays_none_of_the_wrong_replies(name):
    paid = [
        row["id"]
        for row in rows(name)
        if not row["expected"]
        and math_reward(
            [{"role": "assistant", "content": row["response_text"]}], ground_truth=row["ground_truth"]
        ).score
    ]

    assert paid == []


def seconds(row):
    began = time.monotonic()
    verify(row["response_text"], row["ground_truth"])
    return time.monotonic() - began


@pytest.mark.parametrize("name", SETS)
def test_no_reply_takes_longer_than_the_limit(name):
    late = [row for row in rows(name) if seconds(row) > LIMIT]

    # On a busy machine a wall clock says little: what was late once must be in time once.
    assert [row["id"] for row in late if min(seconds(row) for _ in range(4)) > LIMIT] == []
