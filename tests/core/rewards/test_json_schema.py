"""JSON that fits a schema earns 1.0, anything else 0.0 with the first breach."""

import json

import pytest

pytest.importorskip("jsonschema")

from reward_kit.errors import UsageError
from reward_kit.rewards.json_schema import json_schema_reward, json_schema_reward_with_llm_judge

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}


def grade(content, schema=SCHEMA, **options):
    return json_schema_reward([{"role": "assistant", "content": content}], expected_schema=schema, **options)


@pytest.mark.parametrize(
    "content",
    ['{"name": "ada"}', ' {"name": "ada", "age": 36}\n', '```json\n{"name": "ada"}\n```', '```\n{"name": "ada"}```'],
)
def test_json_that_fits_is_right(content):
    assert grade(content).score == 1.0


@pytest.mark.parametrize(
    "content",
    [
        "", "ada", '{"name": "Ada"}', '{"name": 5}', "{}", '{"name": "ada", "age": -1}', '{"name": "ada", "x": 1}',
        '{"name": "ada"} {}', '{"name": "ada", "age": NaN}', '{"name": "ada", "name": "bob"}', "[" * 50_000, None,
    ],
)  # fmt: skip
def test_anything_else_is_wrong(content):
    result = grade(content)
    assert (result.score, result.is_score_valid) == (0.0, True)


def test_the_reason_says_where_the_breach_is():
    assert grade('{"name": "ada", "age": -1}').reason.startswith("age: ")


def test_content_may_be_given_apart():
    assert json_schema_reward([], json_content={"name": "ada"}, expected_schema=SCHEMA).score == 1.0
    assert json_schema_reward([], json_content='{"name": 1}', expected_schema=SCHEMA).score == 0.0


@pytest.mark.parametrize("schema", [None, 5, "{", {"type": "nothing"}])
def test_a_broken_schema_is_not_graded(schema):
    assert not grade('{"name": "ada"}', schema).is_score_valid


@pytest.fixture
def judged(httpserver, tmp_path):
    def judged(content, said='{"score": 0.5, "reason": "half"}', *, behaviour="a name of a poet", **options):
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_json({"choices": [choice]})
        return json_schema_reward_with_llm_judge(
            [{"role": "user", "content": "A name?"}, {"role": "assistant", "content": content}],
            expected_schema=SCHEMA,
            expected_behavior=behaviour,
            base_url=httpserver.url_for("/v1"),
            cache_folder=str(tmp_path),
            **options,
        )

    return judged


def test_the_judge_has_its_share_of_what_fits_the_schema(judged, httpserver):
    result = judged('{"name": "ada"}')
    assert (result.score, result.reason) == (pytest.approx(0.85), "half")
    assert result.metrics["llm_judge"].score == 0.5
    ((request, _),) = httpserver.log
    question = json.loads(request.get_data())["messages"][-1]["content"]
    assert '{"name": "ada"}' in question
    assert "a name of a poet" in question
    assert judged('{"name": "ada"}', weights={"schema": 1, "llm": 3}).score == pytest.approx(0.625)


def test_the_judge_is_not_asked_of_what_breaks_the_schema_nor_without_a_question(judged, httpserver):
    assert judged('{"name": 5}').score == 0.0
    assert judged('{"name": "ada"}', behaviour=None).score == 1.0
    assert httpserver.log == []


def test_without_the_judges_verdict_nothing_is_graded(judged):
    assert not judged('{"name": "ada"}', "good").is_score_valid


@pytest.mark.parametrize("weights", [{}, {"schema": -1, "llm": 2}, {"judge": 1.0}])
def test_weights_that_mean_nothing_are_an_error(judged, weights):
    with pytest.raises(UsageError, match="found weights="):
        judged('{"name": "ada"}', weights=weights)
