import pytest

from reward_kit.errors import DataError
from reward_kit.evaluation import check
from reward_kit.models import EvaluateResult, Message, Sample


def sample(number, **fields):
    values = {
        "id": f"row-{number}",
        "messages": [Message(role="user", content=f"{number} + 1?")],
        "ground_truth": str(number + 1),
        "reference": f"{number} + 1 = {number + 1}",
    }
    return Sample(**{**values, **fields})


def checked(samples, reward, **options):
    offences = []
    report = check(samples, reward, on_offence=offences.append, **options)
    assert report.offences == len(offences)
    return report, {(offence.id, offence.kind): offence.problem for offence in offences}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sound_reward_and_data_set_pass(toy_module, workers):
    report, offences = checked([sample(12), sample(20)], toy_module.reward, workers=workers)
    assert offences == {}
    assert report.passed
    assert report.rows == 2
    assert (report.kinds["reference"].replies, report.kinds["reference"].right) == (2, 2)
    assert set(report.kinds) >= {"empty", "white space", "does not know", "prompt echoed", "among guesses", "plus one"}


def test_a_reference_that_does_not_earn_everything_is_named(toy_module):
    report, offences = checked([sample(12), sample(20, reference="20 + 1 = 22")], toy_module.reward)
    assert not report.passed
    assert offences["row-20", "reference"] == "scored 0.0, expected 1.0 ('+ 1 = 22' against '21')"


def test_a_reward_that_pays_for_everything_is_caught_by_every_floor():
    report, offences = checked([sample(12)], lambda _: EvaluateResult(score=1.0))
    assert len(offences) == sum(count.replies for count in report.kinds.values()) - 1
    assert offences["row-12", "empty"] == "scored 1.0, expected 0.0 (no reason given)"


def test_a_reward_that_reads_a_number_anywhere_is_caught_by_the_guesses():
    def careless(messages, ground_truth):
        return {"score": float(ground_truth in messages[-1].text)}

    _, offences = checked([sample(12)], careless)
    assert ("row-12", "among guesses") in offences
    assert ("row-12", "empty") not in offences


def test_a_prompt_that_pays_for_being_echoed_is_named(toy_module):
    asked = [Message(role="user", content="Is it 12 + 1 = 13")]
    _, offences = checked([sample(12, messages=asked)], toy_module.reward)
    assert list(offences) == [("row-12", "prompt echoed")]


def test_a_reward_that_changes_its_mind_is_named():
    scores = iter([1.0, 0.0, *[0.0] * 50])
    _, offences = checked([sample(12)], lambda _: {"score": next(scores)})
    assert offences == {("row-12", "reference"): "scored 1.0 and then 0.0, expected the same twice"}


def test_a_reply_that_cannot_be_graded_is_named():
    def broken(messages, **_):
        if not messages[-1].text:
            message = "no text"
            raise ValueError(message)
        return {"score": float("=" in messages[-1].text)}

    _, offences = checked([sample(12)], broken)
    assert offences["row-12", "empty"] == "not graded (ValueError: no text), expected 0.0"


def test_a_row_without_a_reference_and_one_that_is_its_own_ground_truth_are_named(toy_module):
    _, offences = checked([sample(1, reference=None), sample(2, reference="3 ")], toy_module.reward)
    assert offences["row-1", "row"] == "the row has no reference, expected a reply that earns 1.0"
    assert offences["row-2", "row"] == "the reference is the ground truth itself; grading it proves nothing"


def test_an_id_that_two_rows_have_is_named(toy_module):
    _, offences = checked([sample(1), sample(2, id="row-1")], toy_module.reward)
    assert offences["row-1", "row"] == "the id is that of row 1, too; ids must be different"


def test_a_data_set_without_rows_is_refused(toy_module, tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(DataError, match=r"empty\.jsonl: found no rows"):
        check(tmp_path / "empty.jsonl", toy_module.reward)


def test_no_more_rows_than_the_limit_are_checked(toy_module):
    assert check([sample(1), sample(2), sample(3)], toy_module.reward, limit=2).rows == 2
