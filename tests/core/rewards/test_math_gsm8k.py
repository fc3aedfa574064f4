"""Verdicts on GSM8K, and on replies recorded from a language model. Skipped where the data is absent."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reward_kit.rewards.math import math_reward

CHECKOUT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("REWARD_KIT_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")


def rows(name):
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"no file {name!r} in the shared data; set REWARD_KIT_SHARED_DATA to its folder")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_official_solution_scores_one():
    solutions = [row["answer"] for row in rows("gsm8k/train.jsonl")]
    wrong = [
        solution
        for solution in solutions
        if math_reward([{"role": "assistant", "content": solution}], ground_truth=solution).score != 1.0
    ]

    assert (len(solutions), wrong) == (7473, [])


def test_no_perturbed_answer_scores_and_every_form_of_the_right_one_does():
    rows("gsm8k/train.jsonl")
    script = CHECKOUT / "benchmarks" / "gsm8k_verdicts.py"
    run = subprocess.run(
        [sys.executable, script, "--data", DATA, "--every", "10"], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "false positives          0" in run.stdout


def test_exactly_the_recorded_replies_that_are_correct_score_one():
    replies = rows("recorded/gsm8k_qwen3.jsonl")
    results = [
        math_reward([{"role": "assistant", "content": row["response"]}], ground_truth=row["answer"]) for row in replies
    ]

    assert [result.score for result in results] == [float(row["correct"]) for row in replies]
    assert sum(result.reason == "no answer: the reply ends inside its thinking" for result in results) == 6
