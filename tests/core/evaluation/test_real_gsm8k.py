"""The whole of the real GSM8K: prepared from its file, and every row of it proven."""

import json
import os
from pathlib import Path

import pytest

from reward_kit.data import read_samples
from reward_kit.data.sources import local_rows
from reward_kit.data.splits import Split
from reward_kit.evaluation import check, prepare
from reward_kit.example import Example, HubSource
from reward_kit.models import Message, Sample
from reward_kit.rewards.math import math_reward

SHARED = Path(os.environ.get("REWARD_KIT_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
SOURCE = SHARED / "gsm8k" / "train.jsonl"

pytestmark = pytest.mark.skipif(not SOURCE.exists(), reason="GSM8K is not on this machine")


def row(raw):
    return Sample(
        messages=[Message(role="user", content=raw["question"])],
        ground_truth=raw["answer"].rpartition("####")[2].strip(),
        reference=raw["answer"],
    )


EXAMPLE = Example(
    name="gsm8k",
    package="none",
    summary="GSM8K.",
    source=HubSource(repo="openai/gsm8k", config="main", split="train", revision="0" * 40, licence="MIT"),
    row=row,
    system_prompt="",
    reward=math_reward,
)


def test_every_row_becomes_a_sample_and_every_wrong_number_earns_nothing(tmp_path):
    prepared = prepare(local_rows(SOURCE, Split.parse("train")), EXAMPLE, tmp_path / "dataset.jsonl")
    assert (prepared.rows, prepared.repeated) == (7473, 0)
    official = [json.loads(line)["answer"].partition("#### ")[2] for line in SOURCE.read_text("utf-8").splitlines()]
    assert [sample.ground_truth for sample in read_samples(tmp_path / "dataset.jsonl")] == official
    offences = []
    report = check(tmp_path / "dataset.jsonl", math_reward, on_offence=offences.append)
    assert offences == []
    assert {kind: count.replies for kind, count in report.kinds.items()} == {
        "reference": 7473,
        "empty": 7473,
        "white space": 7473,
        "does not know": 7473,
        "prompt echoed": 7473,
        "among guesses": 7473,
        "several boxed": 7473,
        "plus one": 7473,
        "times ten": 7472,
        "digits swapped": 5795,
        "sign flipped": 7472,
        "cut at the comma": 79,
    }
