"""Long replies come as a stream and are taken only when they are whole."""

import json

import pytest

from reward_kit.clients.chat import ChatClient, ChatRequest
from reward_kit.clients.http import HttpClient
from reward_kit.clients.retry import RetryPolicy, Timing
from reward_kit.clients.streamed import whole_completion
from reward_kit.errors import RemoteAnswerError, RemoteStatusError
from reward_kit.models import Message
from reward_kit.testing.fireworks import Faults, FireworksServer

MODEL = "accounts/fireworks/models/qwen3-30b-a3b"
QUESTION = (Message(role="user", content="6 * 7?"),)


def event(**chunk):
    return f"data: {json.dumps(chunk)}\n\n".encode()


def piece(finish_reason=None, **delta):
    return event(model="tiny-v1", choices=[{"index": 0, "delta": delta, "finish_reason": finish_reason}])


def test_pieces_are_joined_in_their_order():
    body = (
        piece(role="assistant", content="")
        + b": a comment\n\n"
        + piece(reasoning_content="6 times")
        + piece(reasoning_content=" 7")
        + piece(content="4")
        + piece(content="2\u2009!")
        + piece(finish_reason="stop")
        + event(choices=[], usage={"total_tokens": 10})
        + b"data: [DONE]\n\n"
    )
    assert whole_completion(body) == {
        "choices": [
            {
                "message": {"role": "assistant", "content": "42\u2009!", "reasoning_content": "6 times 7"},
                "finish_reason": "stop",
            }
        ],
        "model": "tiny-v1",
        "usage": {"total_tokens": 10},
    }


def test_tool_calls_are_joined_by_their_index():
    def call(index, **parts):
        return piece(tool_calls=[{"index": index, **parts}])

    body = (
        call(0, id="a", type="function", function={"name": "add", "arguments": '{"x"'})
        + call(1, id="b", function={"name": "sub", "arguments": "{}"})
        + call(0, function={"arguments": ": 1}"})
        + piece(finish_reason="tool_calls")
    )
    message = whole_completion(body)["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"] == [
        {"type": "function", "function": {"name": "add", "arguments": '{"x": 1}'}, "id": "a"},
        {"type": "function", "function": {"name": "sub", "arguments": "{}"}, "id": "b"},
    ]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "broke off its stream after 0 bytes"),
        (piece(content="4"), "broke off its stream"),
        (piece(content="4") + b"data: [DONE]\n\n", "broke off its stream"),
        (piece(content="4") + b'data: {"choices": [{"ind', "an event that is not whole JSON"),
    ],
)
def test_a_stream_that_is_not_whole_is_refused(body, problem):
    with pytest.raises(RemoteAnswerError, match=problem):
        whole_completion(body)


@pytest.fixture
def server():
    with FireworksServer(replies=[{"prompt": "6 * 7?", "response": "<think>6 times 7</think>42"}]) as server:
        yield server


@pytest.fixture
def client(server):
    with HttpClient(
        f"{server.url}/inference/v1",
        key=None if server.api_key is None else _key(server.api_key),
        retry=RetryPolicy(retries=6),
        timing=Timing(sleep=lambda _: None),
    ) as http:
        yield ChatClient(http)


def _key(value):
    from reward_kit.clients.credentials import ApiKey

    return ApiKey(name="KEY", value=value)


@pytest.mark.parametrize("limit", [4096, 4097, 32768])
def test_a_reply_of_any_length_is_the_same(server, client, limit):
    reply = client.complete(ChatRequest(model=MODEL, messages=QUESTION, max_tokens=limit))

    assert (reply.message.text, reply.finish_reason, reply.model) == ("<think>6 times 7</think>42", "stop", MODEL)
    assert reply.usage["completion_tokens"] > 0
    assert [request.json.get("stream", False) for request in server.requests] == [limit > 4096]


@pytest.mark.parametrize(
    "fault", ["cut-mid-body", "truncated-json", "empty-body", "wrong-content-type", "cut-before-answer", "503"]
)
def test_a_broken_stream_is_asked_for_again(server, client, fault):
    server.faults = Faults(script={"*chat/completions": [fault, None]})

    reply = client.complete(ChatRequest(model=MODEL, messages=QUESTION, max_tokens=9000))
    assert reply.message.text == "<think>6 times 7</think>42"
    assert len(server.requests) == 2


def test_an_endpoint_that_streams_nothing_is_understood(httpserver):
    answer = {"choices": [{"message": {"role": "assistant", "content": "42"}, "finish_reason": "stop"}]}
    httpserver.expect_request("/v1/chat/completions").respond_with_json(answer)
    with HttpClient(httpserver.url_for("/v1")) as http:
        reply = ChatClient(http).complete(ChatRequest(model="tiny", messages=QUESTION, max_tokens=9000))
    assert reply.message.text == "42"


def test_the_local_fireworks_refuses_long_replies_that_are_no_stream_as_the_real_one_does(server):
    with (
        HttpClient(f"{server.url}/inference/v1", key=_key(server.api_key)) as http,
        pytest.raises(RemoteStatusError) as raised,
    ):
        http.request(
            "POST",
            "/chat/completions",
            lambda answer: answer.json(),
            body={"model": MODEL, "messages": [{"role": "user", "content": "6 * 7?"}], "max_tokens": 4097},
        )
    assert raised.value.status == 400
    assert "Requests with max_tokens > 4096 must have stream=true" in str(raised.value)
