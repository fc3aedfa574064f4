import dataclasses
import itertools
import json

import pytest

from reward_kit.data import read_samples
from reward_kit.data.sources import SourceRow
from reward_kit.errors import DataError
from reward_kit.evaluation import prepare


def rows(*values):
    return [SourceRow(path="source.jsonl", line=number, raw=value) for number, value in enumerate(values, start=1)]


GOOD = {"question": "1 + 1", "answer": "2"}
OTHER = {"question": "1 + 2", "answer": "3"}
WRONG = {"reference": "1 + 1 = 3"}


def test_rows_become_samples_with_stable_ids(toy_module, tmp_path):
    prepared = prepare(rows(GOOD, OTHER), toy_module.example, tmp_path / "data.jsonl")
    first, second = read_samples(tmp_path / "data.jsonl")
    assert (first.ground_truth, second.messages[0].text, prepared.rows) == ("2", "1 + 2", 2)
    prepare(rows(OTHER, GOOD), toy_module.example, tmp_path / "turned.jsonl")
    assert [sample.id for sample in read_samples(tmp_path / "turned.jsonl")] == [second.id, first.id]


def test_the_mark_is_that_of_the_file(toy_module, tmp_path):
    import hashlib

    prepared = prepare(rows(GOOD), toy_module.example, tmp_path / "data.jsonl")
    assert prepared.sha256 == hashlib.sha256((tmp_path / "data.jsonl").read_bytes()).hexdigest()


def test_the_same_content_again_is_kept_under_an_id_of_its_own(toy_module, tmp_path):
    prepared = prepare(rows(GOOD, GOOD, OTHER, GOOD), toy_module.example, tmp_path / "data.jsonl")
    ids = [sample.id for sample in read_samples(tmp_path / "data.jsonl")]
    assert ids[1] == f"{ids[0]}-2"
    assert ids[3] == f"{ids[0]}-3"
    assert (prepared.rows, prepared.repeated) == (4, 2)


def test_an_id_of_the_source_that_two_different_rows_have_is_refused(toy_module, tmp_path):
    with pytest.raises(DataError) as raised:
        prepare(rows({**GOOD, "id": "x"}, {**OTHER, "id": "x"}), toy_module.example, tmp_path / "data.jsonl")
    assert str(raised.value) == "source.jsonl:2: id: found 'x' again with another content, after line 1"


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"question": "1 + 1"}, "source.jsonl:2: answer: missing; the row has 'question'"),
        ({"question": 7, "answer": "2"}, "source.jsonl:2: content: found 7, expected"),
        ({"question": None, "answer": "2", "id": 3}, "source.jsonl:2: id: found 3, expected"),
        ({"question": "1 + 1", "answer": "unreadable"}, "ground_truth: the reward cannot grade against 'unreadable'"),
        (b"{bad", "source.jsonl:2: not JSON"),
        ([1], "source.jsonl:2: found an array, expected a JSON object"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_nothing_is_written(toy_module, tmp_path, bad, complaint):
    with pytest.raises(DataError) as raised:
        prepare(rows(GOOD, bad), toy_module.example, tmp_path / "data.jsonl")
    assert complaint in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_rows_that_cannot_be_used_can_be_put_aside_with_their_reasons(toy_module, tmp_path):
    source = rows(GOOD, {"question": "?"}, b"\xffbad", OTHER)
    prepared = prepare(source, toy_module.example, tmp_path / "data.jsonl", skip_invalid=True)
    assert (prepared.rows, prepared.rejected) == (2, 2)
    first, second = map(json.loads, prepared.rejects.read_text("utf-8").splitlines())
    assert first == {
        "file": "source.jsonl",
        "line": 2,
        "reason": "answer: missing; the row has 'question'",
        "raw": '{"question": "?"}',
    }
    assert (second["line"], second["raw"]) == (3, "\\xffbad")
    assert prepared.rejects == tmp_path / "data.rejects.jsonl"


def test_without_a_reject_there_is_no_file_of_them_and_an_old_one_is_gone(toy_module, tmp_path):
    (tmp_path / "data.rejects.jsonl").write_text("old")
    prepared = prepare(rows(GOOD), toy_module.example, tmp_path / "data.jsonl", skip_invalid=True)
    assert prepared.rejects is None
    assert [path.name for path in tmp_path.iterdir()] == ["data.jsonl"]


def test_a_failed_preparation_leaves_the_data_set_that_was_there(toy_module, tmp_path):
    (tmp_path / "data.jsonl").write_text("old")
    with pytest.raises(DataError):
        prepare(rows(GOOD, {"question": "?"}), toy_module.example, tmp_path / "data.jsonl")
    assert (tmp_path / "data.jsonl").read_text() == "old"


def test_a_source_of_which_nothing_can_be_used_is_refused(toy_module, tmp_path):
    with pytest.raises(DataError, match=r"the first of 1 rejected: source\.jsonl:1: answer: missing"):
        prepare(rows({"question": "?"}), toy_module.example, tmp_path / "data.jsonl", skip_invalid=True)
    assert list(tmp_path.iterdir()) == []


def test_no_more_rows_than_the_limit_are_read(toy_module, tmp_path):
    assert prepare(rows(GOOD, OTHER, GOOD), toy_module.example, tmp_path / "data.jsonl", limit=2).rows == 2


def test_a_reference_that_does_not_earn_everything_is_refused(toy_module, tmp_path):
    example = dataclasses.replace(
        toy_module.example, row=lambda raw: toy_module.example.row(raw).model_copy(update=WRONG)
    )
    with pytest.raises(DataError) as raised:
        prepare(rows(GOOD), example, tmp_path / "data.jsonl")
    assert str(raised.value).startswith("source.jsonl:1: reference: it does not earn 1.0 (scored 0.0, expected 1.0")


def test_a_reference_that_earns_everything_only_sometimes_is_refused(toy_module, tmp_path):
    scores = itertools.cycle([1.0, 0.5])
    example = dataclasses.replace(toy_module.example, reward=lambda _messages, **_: {"score": next(scores)})
    with pytest.raises(DataError, match=r"scored 1\.0 and then 0\.5, expected the same twice"):
        prepare(rows(GOOD), example, tmp_path / "data.jsonl")


def test_rejected_rows_are_counted_by_reason(toy_module, tmp_path):
    bad = {"question": "1 + 1", "answer": "unreadable"}
    prepared = prepare(
        rows(GOOD, {"question": "?"}, {"question": "?", "id": "1"}, bad),
        toy_module.example,
        tmp_path / "d.jsonl",
        skip_invalid=True,
    )
    assert prepared.reasons == {"answer: missing": 2, "ground_truth: the reward cannot grade": 1}
