"""JSON that fits a schema earns 1.0, anything else 0.0 with the first breach."""

import pytest

pytest.importorskip("jsonschema")

from reward_kit.rewards.json_schema import json_schema_reward

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
