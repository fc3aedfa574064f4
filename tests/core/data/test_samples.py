import pytest

from reward_kit.data import read_samples
from reward_kit.errors import DataError

GOOD = {"id": "a", "messages": [{"role": "user", "content": "1 + 1"}], "ground_truth": "2", "reference": "1 + 1 = 2"}


def test_samples_are_read_with_all_they_have(tmp_path, write_jsonl):
    path = write_jsonl(tmp_path / "data.jsonl", [{**GOOD, "extra": {"tolerance": 0.5}, "metadata": {"level": 3}}])
    (sample,) = read_samples(path)
    assert (sample.id, sample.ground_truth, sample.extra, sample.metadata) == (
        "a",
        "2",
        {"tolerance": 0.5},
        {"level": 3},
    )
    assert sample.messages[0].text == "1 + 1"
    assert sample.reference_message.text == "1 + 1 = 2"


def test_no_more_are_read_than_the_limit(tmp_path, write_jsonl):
    path = write_jsonl(tmp_path / "data.jsonl", [GOOD, GOOD, {"bad": 1}])
    assert len(list(read_samples(path, limit=2))) == 2


def test_an_id_that_is_missing_is_made_of_the_content_and_not_of_the_place(tmp_path, write_jsonl):
    one = {name: value for name, value in GOOD.items() if name != "id"}
    other = {**one, "ground_truth": "3"}
    first = [sample.id for sample in read_samples(write_jsonl(tmp_path / "a.jsonl", [one, other]))]
    second = [sample.id for sample in read_samples(write_jsonl(tmp_path / "b.jsonl", [other, one]))]
    assert first == second[::-1]
    assert len(set(first)) == 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"messages": []}, "messages: found [], expected: list should have at least 1 item"),
        ({"messages": "1 + 1"}, "messages: found '1 + 1', expected: input should be a valid list"),
        ({"messages": [{"content": "x"}]}, "messages.0: found {'content': 'x'}, expected: role is required"),
        (
            {"messages": [{"role": "robot", "content": "x"}]},
            "messages.0.role: found 'robot', expected: input should be",
        ),
        ({"id": 7}, "id: found 7, expected: input should be a valid string"),
        ({"answer": "2"}, "answer: unknown field"),
        ({"extra": [1]}, "extra: found [1], expected: input should be a valid dictionary"),
    ],
)
def test_a_row_of_another_shape_is_named_with_its_field(tmp_path, write_jsonl, change, complaint):
    path = write_jsonl(tmp_path / "data.jsonl", [GOOD, {**GOOD, **change}])
    with pytest.raises(DataError) as raised:
        list(read_samples(path))
    assert str(raised.value).startswith(f"{path}:2: {complaint}")


def test_a_missing_field_is_named_with_those_that_are_there(tmp_path, write_jsonl):
    path = write_jsonl(tmp_path / "data.jsonl", [{"question": "1 + 1", "id": "a"}])
    with pytest.raises(DataError) as raised:
        list(read_samples(path))
    assert str(raised.value) == f"{path}:1: messages: missing; the row has 'question', 'id'"
