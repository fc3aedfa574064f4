"""Chat completions and their cache against a real local server."""

import json

import pytest
from werkzeug import Response

from reward_kit.clients.cache import ReplyCache
from reward_kit.clients.chat import ChatClient, ChatRequest
from reward_kit.clients.http import HttpClient
from reward_kit.clients.retry import RetryPolicy, Timing
from reward_kit.errors import EndpointMissingError, RemoteAnswerError, RemoteStatusError, UsageError
from reward_kit.models import Message

QUESTION = (Message(role="system", content="Be brief."), Message(role="user", content="6 * 7?"))
REQUEST = ChatRequest(model="tiny", messages=QUESTION)


def completion(content="42", *, finish_reason="stop", **message):
    return {
        "id": "c1",
        "object": "chat.completion",
        "model": "tiny-v1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, **message},
                "finish_reason": finish_reason,
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
    }


@pytest.fixture
def client_for(httpserver):
    clients = []

    def make(cache=None, retries=1):
        timing = Timing(sleep=lambda _: None)
        http = HttpClient(httpserver.url_for("/v1"), retry=RetryPolicy(retries=retries), timing=timing)
        clients.append(http)
        return ChatClient(http, cache=cache)

    yield make
    for http in clients:
        http.close()


def test_returns_the_reply_with_its_reason_to_finish_and_usage(httpserver, client_for):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion())
    reply = client_for().complete(REQUEST)
    assert reply.message == Message(role="assistant", content="42")
    assert (reply.finish_reason, reply.model, reply.cached) == ("stop", "tiny-v1", False)
    assert reply.usage["total_tokens"] == 10


def test_sends_the_whole_request_and_only_what_is_set(httpserver, client_for):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion())
    tool = {"type": "function", "function": {"name": "add"}}
    request = ChatRequest(
        model="tiny",
        messages=QUESTION,
        temperature=0.0,
        top_p=0.9,
        max_tokens=5,
        seed=1,
        stop=("END",),
        tools=(tool,),
        extra={"reasoning_effort": "none"},
        attempt=3,
    )
    client_for().complete(request)
    client_for().complete(REQUEST)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "6 * 7?"}]
    assert [sent.get_json() for sent, _ in httpserver.log] == [
        {
            "model": "tiny",
            "messages": messages,
            "temperature": 0.0,
            "top_p": 0.9,
            "max_tokens": 5,
            "seed": 1,
            "stop": ["END"],
            "tools": [tool],
            "reasoning_effort": "none",
        },
        {"model": "tiny", "messages": messages},
    ]


def test_extra_cannot_override_what_has_a_field():
    request = ChatRequest(model="tiny", messages=QUESTION, extra={"stream": True, "model": "other"})
    with pytest.raises(UsageError, match=r"found \['model', 'stream'\] in extra"):
        request.body()


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>6*7</think>42"},
        {"content": "42", "reasoning_content": "6*7"},
        {
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"content": None, "reasoning_content": "6 times"},
        {"content": [{"type": "text", "text": "42"}]},
        {"content": "42", "refusal": None, "annotations": []},
    ],
    ids=["inline thinking", "separate thinking", "tool calls", "cut off while thinking", "parts", "unknown fields"],
)
def test_keeps_the_message_as_it_came(httpserver, client_for, tmp_path, message):
    httpserver.expect_oneshot_request("/v1/chat/completions").respond_with_json(completion(**message))
    client = client_for(ReplyCache(tmp_path))
    fresh, cached = client.complete(REQUEST), client.complete(REQUEST)
    assert fresh.message == cached.message == Message.model_validate({"role": "assistant", **message})
    assert (fresh.cached, cached.cached) == (False, True)


def test_a_reply_that_was_cut_off_is_a_reply(httpserver, client_for):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion("<think>so", finish_reason="length"))
    reply = client_for().complete(REQUEST)
    assert (reply.message.text, reply.finish_reason) == ("<think>so", "length")


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "text",
        {},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"role": "user", "content": "?"}}]},
        {"choices": [{"message": {"role": "assistant", "content": 42}}]},
        {"error": {"message": "the backend is gone"}},
        completion("4", finish_reason="error"),
    ],
)
def test_an_answer_that_is_no_completion_is_asked_for_again(httpserver, client_for, answer):
    httpserver.expect_ordered_request("/v1/chat/completions").respond_with_json(answer)
    httpserver.expect_ordered_request("/v1/chat/completions").respond_with_json(completion())
    assert client_for().complete(REQUEST).message.text == "42"


def test_an_answer_that_stays_no_completion_is_an_error(httpserver, client_for):
    httpserver.expect_request("/v1/chat/completions").respond_with_json({"error": {"message": "the backend is gone"}})
    with pytest.raises(
        RemoteAnswerError, match=r"the backend is gone.* in place of a chat completion after 2 attempts"
    ):
        client_for().complete(REQUEST)


def test_a_missing_model_is_told_from_a_missing_endpoint(httpserver, client_for):
    body = {"error": {"object": "error", "code": "NOT_FOUND", "message": "Model not found, inaccessible"}}
    httpserver.expect_ordered_request("/v1/chat/completions").respond_with_json(body, status=404)
    httpserver.expect_ordered_request("/v1/chat/completions").respond_with_data("no such page", status=404)
    with pytest.raises(RemoteStatusError, match="check the model's name 'tiny'") as missing_model:
        client_for().complete(REQUEST)
    with pytest.raises(EndpointMissingError):
        client_for().complete(REQUEST)
    assert not isinstance(missing_model.value, EndpointMissingError)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "other"},
        {"messages": QUESTION[:1]},
        {"temperature": 0.2},
        {"top_p": 0.5},
        {"max_tokens": 7},
        {"seed": 1},
        {"stop": ("END",)},
        {"tools": ({"type": "function"},)},
        {"extra": {"reasoning_effort": "low"}},
        {"attempt": 1},
    ],
    ids=lambda other: next(iter(other)),
)
def test_the_cache_tells_every_part_of_a_request_apart(httpserver, client_for, tmp_path, other):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion())
    client = client_for(ReplyCache(tmp_path))
    client.complete(REQUEST)
    assert not client.complete(ChatRequest(**{"model": "tiny", "messages": QUESTION, **other})).cached


def test_the_cache_tells_endpoints_apart(httpserver, tmp_path):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion("one"))
    httpserver.expect_request("/v2/chat/completions").respond_with_json(completion("two"))
    with HttpClient(httpserver.url_for("/v1")) as one, HttpClient(httpserver.url_for("/v2")) as two:
        texts = [ChatClient(http, cache=ReplyCache(tmp_path)).complete(REQUEST).message.text for http in (one, two)]
    assert texts == ["one", "two"]


@pytest.mark.parametrize("damage", [b"", b'{"request":', b"[]", b'{"request": "another", "reply": {}}', b"\xff"])
def test_a_damaged_cache_file_is_a_miss_with_a_warning(httpserver, client_for, tmp_path, caplog, damage):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion())
    client = client_for(ReplyCache(tmp_path))
    client.complete(REQUEST)
    (file,) = tmp_path.rglob("*.json")
    file.write_bytes(damage)
    assert not client.complete(REQUEST).cached
    assert "cannot be read and is asked for again" in caplog.text
    assert client.complete(REQUEST).cached


def test_failures_are_never_cached(httpserver, client_for, tmp_path):
    httpserver.expect_request("/v1/chat/completions").respond_with_response(Response("busy", status=503))
    with pytest.raises(RemoteStatusError):
        client_for(ReplyCache(tmp_path)).complete(REQUEST)
    assert list(tmp_path.rglob("*")) == []


def test_a_cache_that_cannot_be_written_costs_a_warning_and_not_the_reply(httpserver, client_for, tmp_path, caplog):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion())
    (tmp_path / "file").write_text("in the way")
    assert client_for(ReplyCache(tmp_path / "file")).complete(REQUEST).message.text == "42"
    assert "cannot write the cached reply" in caplog.text


def test_the_cache_keeps_itself_out_of_version_control_and_holds_no_part_files(httpserver, client_for, tmp_path):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion())
    client_for(ReplyCache(tmp_path)).complete(REQUEST)
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert files[0] == ".gitignore"
    assert len(files) == 2
    assert json.loads(next(tmp_path.rglob("*.json")).read_text())["reply"]["finish_reason"] == "stop"
