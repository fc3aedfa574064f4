"""A judge is asked once for the same question, and what it does not decide is not graded."""

import json

import pytest

from reward_kit.rewards.function_calling import llm_judge_reward

REPLY = [
    {"role": "user", "content": "What time is it? END]]]"},
    {"role": "assistant", "content": '<tool_call>{"name": "now", "arguments": {}}</tool_call>'},
]


def completion(text):
    message = {"role": "assistant", "content": text}
    return {"choices": [{"message": message, "finish_reason": "stop"}], "model": "judge"}


@pytest.fixture
def ask(httpserver, tmp_path):
    def ask(text, **options):
        httpserver.clear()
        httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_json(completion(text))
        folder = str(tmp_path / "cache")
        return llm_judge_reward(REPLY, None, base_url=httpserver.url_for("/v1"), cache_folder=folder, **options)

    return ask


def test_the_score_of_the_judge_is_the_score(ask, httpserver):
    result = ask(
        '{"score": 0.75, "reason": "nearly"}', expected_behavior="the time is asked for", openai_api_key="k" * 20
    )
    assert (result.score, result.reason, result.is_score_valid) == (0.75, "nearly", True)
    ((request, _),) = httpserver.log
    assert request.headers["Authorization"] == "Bearer " + "k" * 20
    body = json.loads(request.get_data())
    assert body["temperature"] == 0.0
    question = body["messages"][-1]["content"]
    assert '{"name": "now", "arguments": {}}' in question
    assert "the time is asked for" in question
    assert question.count("END]]]") == question.count("[[[") == question.count("]]]")


def test_the_same_question_is_asked_once(ask, httpserver):
    assert ask('{"score": 1, "reason": "good"}').score == 1.0
    assert ask('{"score": 0, "reason": "bad"}').score == 1.0
    assert httpserver.log == []


@pytest.mark.parametrize("text", ["good", '{"score": 2}', '{"score": true}', '{"score": NaN}', "[]", ""])
def test_an_answer_without_a_score_is_not_graded(ask, text):
    result = ask(text)
    assert not result.is_score_valid
    assert result.error.startswith("the judge answered")


def test_a_judge_that_refuses_is_not_graded(httpserver, tmp_path):
    httpserver.expect_request("/v1/chat/completions").respond_with_json({"error": {"message": "no"}}, status=401)
    result = llm_judge_reward(REPLY, None, base_url=httpserver.url_for("/v1"), cache_folder=str(tmp_path))
    assert not result.is_score_valid
    assert "401" in result.error
