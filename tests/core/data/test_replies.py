import os
from pathlib import Path

import pytest

from reward_kit.data import read_replies
from reward_kit.errors import DataError
from reward_kit.models import Message, Reply

PROMPT = [{"role": "user", "content": "1 + 1"}]
ANSWER = {"role": "assistant", "content": "It is 2"}


@pytest.fixture
def read(tmp_path, write_jsonl):
    return lambda *rows: list(read_replies(write_jsonl(tmp_path / "replies.jsonl", rows)))


def test_what_a_reply_writes_of_itself_reads_back_the_same(read):
    reply = Reply(
        id="a",
        message=Message(role="assistant", content="2", reasoning_content="hm", tool_calls=[{"id": "t"}]),
        finish_reason="length",
        model="m",
        usage={"total_tokens": 3},
        messages=[Message(role="user", content="1 + 1")],
        ground_truth="2",
        extra={"tolerance": 0.1},
    )
    assert read(reply.model_dump(mode="json", exclude_none=True)) == [reply]


@pytest.mark.parametrize("name", ["response", "completion", "reply"])
def test_a_recorded_text_is_the_reply(read, name):
    (reply,) = read({"id": "a", name: "It is 2"})
    assert (reply.message.role, reply.message.text, reply.messages, reply.ground_truth) == (
        "assistant",
        "It is 2",
        None,
        None,
    )


def test_messages_that_end_with_the_assistant_are_the_prompt_and_the_reply(read):
    (reply,) = read({"id": "a", "messages": [*PROMPT, ANSWER], "answer": "2"})
    assert reply.message.text == "It is 2"
    assert [message.text for message in reply.messages] == ["1 + 1"]
    assert reply.ground_truth == "2"


def test_a_recorded_prompt_and_answer_stand_for_messages_and_ground_truth(read):
    (reply,) = read({"id": "a", "prompt": "1 + 1", "response": "It is 3", "answer": "2"})
    assert [(message.role, message.text) for message in reply.messages] == [("user", "1 + 1")]
    assert reply.ground_truth == "2"


def test_a_prompt_may_be_a_list_of_messages(read):
    (reply,) = read({"id": "a", "prompt": PROMPT, "response": "It is 2"})
    assert reply.messages[0].text == "1 + 1"


@pytest.mark.parametrize(("finished", "cut_off"), [(True, False), (False, True)])
def test_an_unfinished_reply_was_cut_off(read, finished, cut_off):
    (reply,) = read({"id": "a", "response": "It is", "finished": finished})
    assert reply.cut_off is cut_off


def test_a_verdict_that_is_recorded_with_the_reply_is_not_read(read):
    (reply,) = read({"id": "a", "response": "It is 3", "correct": True, "score": 1.0})
    assert "correct" not in reply.model_dump()
    assert "score" not in reply.model_dump()


def test_the_text_of_a_reply_is_never_its_ground_truth(read):
    (reply,) = read({"id": "a", "messages": [*PROMPT, ANSWER]})
    assert reply.ground_truth is None


def test_a_number_for_an_id_is_taken_as_text(read):
    assert read({"id": 7, "response": "It is 2"})[0].id == "7"


def test_an_id_is_made_of_the_content_where_the_row_can_stand_alone(read):
    rows = [{"prompt": text, "response": "It is 2", "answer": "2"} for text in ("1 + 1", "3 - 1", "1 + 1")]
    first, second, third = read(*rows)
    assert first.id == third.id != second.id


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            {"id": "a"},
            "replies.jsonl:1: found no reply, expected one of message, response, completion, reply, or messages",
        ),
        ({"id": "a", "messages": PROMPT}, "replies.jsonl:1: found no reply"),
        ({"id": "a", "response": None}, "replies.jsonl:1: response: found NoneType, expected the text of the reply"),
        ({"id": "a", "response": "x", "reply": "y"}, "reply: found 'response' and 'reply', expected one reply per row"),
        (
            {"id": "a", "message": ANSWER, "response": "x"},
            "response: found 'message' and 'response', expected one reply",
        ),
        ({"id": "a", "message": PROMPT[0]}, "message.role: found 'user', expected 'assistant'"),
        ({"id": "a", "response": "x", "finished": "no"}, "finished: found 'no', expected true or false"),
        ({"response": "x"}, "id: missing; the row has 'message'"),
    ],
)
def test_a_row_that_is_no_reply_is_named(read, row, complaint):
    with pytest.raises(DataError) as raised:
        read(row)
    assert complaint in str(raised.value)


def test_the_real_recording_reads_whole():
    shared = Path(os.environ.get("REWARD_KIT_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
    path = shared / "recorded" / "gsm8k_qwen3.jsonl"
    if not path.exists():
        pytest.skip("the recorded replies are not on this machine")
    replies = list(read_replies(path))
    assert len(replies) == 100
    assert sum(reply.cut_off for reply in replies) == 6
    assert replies[0].ground_truth == "72"
