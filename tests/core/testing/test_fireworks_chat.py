"""Chat completions from recorded replies: whole and streamed, on both paths, and never made up."""

import json

import pytest

from reward_kit.errors import DataError
from reward_kit.testing.fireworks import FireworksServer

MODEL = "accounts/fireworks/models/qwen3-30b-a3b"
THOUGHT = "<think>\nTwo and two.\n</think>\n\nThe answer is \\boxed{4}."


def ask(prompt, **further):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt}]
    return {"model": MODEL, "messages": messages, **further}


@pytest.fixture
def chat(call):
    def run(replies, *, prompt="2 + 2?", path="/inference/v1/chat/completions", reasoning="inline", **further):
        with FireworksServer(replies=replies, reasoning=reasoning) as server:
            answer = call(server, "POST", path, json=ask(prompt, **further))
        assert server.unexpected == []
        return answer

    return run


def events(answer):
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


@pytest.mark.parametrize("path", ["/inference/v1/chat/completions", "/v1/chat/completions"])
def test_a_recorded_prompt_gets_its_reply(chat, path):
    answer = chat([{"prompt": "2 + 2?", "response": "4"}], path=path)

    assert answer.status_code == 200
    whole = answer.json()
    assert whole["object"] == "chat.completion"
    assert whole["model"] == MODEL
    (choice,) = whole["choices"]
    assert choice["message"] == {"role": "assistant", "content": "4"}
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert set(whole["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details"}


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "2 + 2?", "response": "4"},
        {"prompt": "2 + 2?", "completion": "4"},
        {"prompt": "2 + 2?", "reply": "4"},
        {
            "id": "a",
            "message": {"role": "assistant", "content": "4"},
            "messages": [{"role": "user", "content": "2 + 2?"}],
        },
        {"messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]},
        {"prompt": " 2 + 2?\n", "response": "4"},
    ],
)
def test_every_recorded_shape_is_read(chat, row):
    assert chat([row]).json()["choices"][0]["message"]["content"] == "4"


def test_a_file_of_replies_is_read_and_empty_lines_are_skipped(chat, tmp_path):
    file = tmp_path / "replies.jsonl"
    file.write_text('{"prompt": "2 + 2?", "response": "4"}\n\n')

    assert chat(file).json()["choices"][0]["message"]["content"] == "4"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "replies.jsonl:2: not valid JSON"),
        ("[]", "replies.jsonl:2: found list, expected an object"),
        ('{"prompt": "x"}', r"replies.jsonl:2: found the fields \['prompt'\]"),
        ('{"response": "x"}', "replies.jsonl:2: found neither prompt nor a user message"),
        ('{"prompt": "x", "message": {"content": "y"}}', "replies.jsonl:2: .*Role is required"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path, line, complaint):
    file = tmp_path / "replies.jsonl"
    file.write_text('{"prompt": "2 + 2?", "response": "4"}\n' + line + "\n")

    with pytest.raises(DataError, match=complaint):
        FireworksServer(replies=file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent.jsonl: cannot read the recorded replies"):
        FireworksServer(replies=tmp_path / "absent.jsonl")


def test_a_prompt_that_was_not_recorded_is_refused_and_nothing_is_made_up(chat):
    answer = chat([{"prompt": "2 + 2?", "response": "4"}], prompt="3 + 3?")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "no reply was recorded for the prompt '3 + 3?'; there are 1 prompts"


def test_a_server_without_replies_or_model_knows_no_model(fireworks, call):
    answer = call(fireworks, "POST", "/v1/chat/completions", json=ask("2 + 2?"))

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NOT_FOUND"


def test_an_unknown_model_is_404(chat):
    answer = chat([{"prompt": "2 + 2?", "response": "4"}], model="accounts/fireworks/models/none")

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Model not found, inaccessible, and/or not deployed"


def test_thinking_stays_inline_as_recorded(chat):
    answer = chat([{"prompt": "2 + 2?", "response": THOUGHT}])

    assert answer.json()["choices"][0]["message"] == {"role": "assistant", "content": THOUGHT}


def test_thinking_is_split_off_when_asked_for(chat):
    answer = chat([{"prompt": "2 + 2?", "response": THOUGHT}], reasoning="split")

    assert answer.json()["choices"][0]["message"] == {
        "role": "assistant",
        "content": "The answer is \\boxed{4}.",
        "reasoning_content": "Two and two.",
    }


def test_thinking_that_was_cut_off_leaves_no_content(chat):
    row = {"prompt": "2 + 2?", "response": "<think>\nTwo and", "finished": False}
    (choice,) = chat([row], reasoning="split").json()["choices"]

    assert choice["message"] == {"role": "assistant", "content": "", "reasoning_content": "Two and"}
    assert choice["finish_reason"] == "length"


def test_recorded_reasoning_content_is_kept(chat):
    message = {"role": "assistant", "content": "4", "reasoning_content": "Two and two."}
    answer = chat([{"prompt": "2 + 2?", "message": message}])

    assert answer.json()["choices"][0]["message"] == message


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"finished": False}, "length"),
        ({"finished": True}, "stop"),
        ({"finish_reason": "length"}, "length"),
        ({}, "stop"),
    ],
)
def test_the_finish_reason_is_the_recorded_one(chat, row, reason):
    answer = chat([{"prompt": "2 + 2?", "response": "4", **row}])

    assert answer.json()["choices"][0]["finish_reason"] == reason


def test_tool_calls_are_kept(chat):
    call = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    (choice,) = chat([{"prompt": "2 + 2?", "message": message}]).json()["choices"]

    assert choice["message"] == message
    assert choice["finish_reason"] == "tool_calls"


def test_recorded_usage_is_told(chat):
    row = {"prompt": "2 + 2?", "response": "4", "usage": {"prompt_tokens": 17, "completion_tokens": 3}}
    usage = chat([row]).json()["usage"]

    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (17, 3, 20)


def test_several_replies_to_one_prompt_are_the_choices(chat):
    rows = [{"prompt": "2 + 2?", "response": reply} for reply in ("4", "four", "IV")]

    def contents(**further):
        return [choice["message"]["content"] for choice in chat(rows, **further).json()["choices"]]

    assert contents() == ["4"]
    assert contents(n=2) == ["4", "four"]
    assert contents(seed=2) == ["IV"]
    assert contents(n=4, seed=1) == ["four", "IV", "4", "four"]


def test_the_last_user_message_decides(chat):
    messages = [
        {"role": "user", "content": "1 + 1?"},
        {"role": "assistant", "content": "2"},
        {"role": "user", "content": [{"type": "text", "text": "2 + 2?"}]},
    ]
    answer = chat([{"prompt": "2 + 2?", "response": "4"}, {"prompt": "1 + 1?", "response": "2"}], messages=messages)

    assert answer.json()["choices"][0]["message"]["content"] == "4"


def test_a_stream_adds_up_to_the_whole(chat):
    answer = chat([{"prompt": "2 + 2?", "response": THOUGHT, "finished": False}], stream=True)
    chunks = events(answer)

    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert deltas[0] == {"role": "assistant"}
    assert "".join(delta.get("content", "") for delta in deltas) == THOUGHT
    assert len(deltas) > 5
    assert chunks[-2]["choices"][0]["finish_reason"] == "length"
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == 9


def test_a_stream_sends_reasoning_apart(chat):
    chunks = events(chat([{"prompt": "2 + 2?", "response": THOUGHT}], stream=True, reasoning="split"))
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]

    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == "Two and two."
    assert "".join(delta.get("content", "") for delta in deltas) == "The answer is \\boxed{4}."


def test_a_stream_survives_every_kind_of_text(chat):
    text = "\n\n  ünïcode 🎉\r\n\ttabs  and   spaces \n"
    chunks = events(chat([{"prompt": "2 + 2?", "response": text}], stream=True))

    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]) == text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"model": None}, "model"),
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"n": 0}, "n"),
        ({"stop": 3}, "stop"),
    ],
)
def test_a_wrong_parameter_is_named(chat, change, field):
    answer = chat([{"prompt": "2 + 2?", "response": "4"}], **change)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_ARGUMENT"
    assert answer.json()["error"]["message"].startswith(f"{field}: ")


@pytest.mark.parametrize("path", ["/inference/v1/models", "/v1/models"])
def test_the_models_are_listed(fireworks, call, path):
    listed = call(fireworks, "GET", path).json()

    assert listed["object"] == "list"
    assert MODEL in [model["id"] for model in listed["data"]]


def test_the_catalogue_has_the_models_in_pages(fireworks, call):
    page = call(fireworks, "GET", "/v1/accounts/fireworks/models?pageSize=3").json()
    one = call(fireworks, "GET", "/v1/accounts/fireworks/models/qwen3-30b-a3b").json()

    assert len(page["models"]) == 3
    assert page["nextPageToken"]
    assert one["name"] == MODEL
    assert call(fireworks, "GET", "/v1/accounts/fireworks/models/none").status_code == 404
