import pytest

from reward_kit.errors import DataError
from reward_kit.evaluation.pairing import Pairing
from reward_kit.models import Message, Reply, Sample

SAMPLES = [
    Sample(id=name, messages=[Message(role="user", content=name)], ground_truth=name.upper(), extra={"k": 1})
    for name in "abc"
]
PROMPT = [{"role": "user", "content": "a"}]


def reply(identifier, text="?", **fields):
    return Reply.model_validate({"id": identifier, "message": {"role": "assistant", "content": text}, **fields})


def paired(*replies, samples=SAMPLES):
    return list(Pairing(replies, samples).conversations())


def test_a_reply_finds_its_prompt_and_ground_truth_by_its_id():
    first, second = paired(reply("c", "C?"), reply("a", "A?"))
    assert [message.text for message in first.messages] == ["c", "C?"]
    assert (first.id, first.ground_truth, first.extra) == ("c", "C", {"k": 1})
    assert (second.id, second.ground_truth) == ("a", "A")


def test_a_reply_that_carries_both_needs_no_data_set():
    (alone,) = paired(reply("z", messages=PROMPT, ground_truth="9", extra={"tolerance": 1}), samples=[])
    assert (alone.ground_truth, alone.extra, alone.messages[0].text) == ("9", {"tolerance": 1}, "a")


def test_a_reply_that_agrees_with_the_data_set_is_graded_against_it():
    (together,) = paired(reply("a", messages=PROMPT, ground_truth="A"))
    assert (together.ground_truth, together.extra) == ("A", {"k": 1})


def test_the_system_prompt_of_the_example_is_no_contradiction():
    system = {"role": "system", "content": "Answer."}
    (together,) = paired(reply("a", messages=[system, *PROMPT]))
    assert [message.role for message in together.messages] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"messages": [{"role": "user", "content": "b"}]}, "messages: the prompt is not that of 'a' in the data set"),
        ({"ground_truth": "B"}, "ground_truth: found 'B', but 'a' in the data set has 'A'"),
        ({"extra": {"k": 2}}, "extra: found {'k': 2}, but 'a' in the data set has {'k': 1}"),
    ],
)
def test_a_reply_that_contradicts_the_data_set_is_refused(fields, complaint):
    with pytest.raises(DataError) as raised:
        paired(reply("a", **fields))
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "lacks"),
    [({}, "prompt and ground truth"), ({"messages": PROMPT}, "ground truth"), ({"ground_truth": "9"}, "prompt")],
)
def test_an_id_that_is_nowhere_is_refused(fields, lacks):
    with pytest.raises(
        DataError, match=f"id: found 'z', which is not in the data set, and the reply has no {lacks} of its own"
    ):
        paired(reply("z", **fields))


def test_a_second_reply_to_the_same_sample_is_refused(tmp_path, write_jsonl):
    path = write_jsonl(tmp_path / "replies.jsonl", [{"id": name, "response": "?"} for name in "aba"])
    with pytest.raises(DataError) as raised:
        list(Pairing(path, SAMPLES).conversations())
    assert str(raised.value) == f"{path}:3: id: found 'a' again, after line 1; several attempts need --attempts"


def test_a_data_set_with_an_id_twice_is_refused():
    with pytest.raises(DataError, match="found 'a' in row 4 of the data set again, after row 1"):
        paired(reply("b"), samples=[*SAMPLES, SAMPLES[0]])


def test_rows_without_a_reply_are_counted_where_the_replies_are_to_this_data_set():
    pairing = Pairing([reply("a")], SAMPLES)
    list(pairing.conversations())
    assert pairing.unanswered == 2
    elsewhere = Pairing([reply("z", messages=PROMPT, ground_truth="9")], SAMPLES)
    list(elsewhere.conversations())
    assert elsewhere.unanswered == 0


def test_a_reply_that_the_token_limit_ended_is_marked():
    assert [item.cut_off for item in paired(reply("a", finish_reason="length"), reply("b", finish_reason="stop"))] == [
        True,
        False,
    ]
