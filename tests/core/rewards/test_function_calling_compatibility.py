"""The helpers of reward-kit 0.4.1 keep their signatures and are right where they were not."""

import pytest

from reward_kit.errors import GradingError, UsageError
from reward_kit.rewards.function_calling import (
    calculate_jaccard_similarity,
    compare_tool_calls,
    eval_tool_call,
    extract_schema_properties,
    match_function_call,
    maybe_deserialize_tool_call_arguments,
    normalize_schema,
)

WEATHER = {"name": "weather", "arguments": {"city": {"type": "string"}, "days": {"type": "integer"}}}
WHOLE = {"city": "Paris", "days": 5}


@pytest.mark.parametrize(
    ("name", "arguments", "strictness", "score"),
    [
        ("weather", WHOLE, "exact", 1.0),
        ("climate", WHOLE, "exact", 0.5),
        ("climate", {}, "exact", 0.0),
        ("weather", {"city": "Paris"}, "exact", 0.5),
        ("weather", {**WHOLE, "x": 1}, "exact", 0.5),
        ("weather", {"city": "Paris", "days": True}, "exact", 0.5),
        ("weather", {"city": "Paris", "days": 5.5}, "exact", 0.5),
        ("weather", {"city": "Paris"}, "partial", 1.0),
        ("weather", {}, "partial", 0.5),
        ("weather", {"city": "Paris", "x": 1}, "partial", 0.5),
        ("weather", {**WHOLE, "x": 1}, "flexible", 1.0),
        ("weather", {**WHOLE, "x": 1}, "permissive", 1.0),
        ("weather", {"city": "Paris", "x": 1}, "flexible", 0.5),
    ],
)
def test_half_is_for_the_name_and_half_for_the_types_of_the_arguments(name, arguments, strictness, score):
    result = match_function_call([], name, arguments, WEATHER, strictness, unknown_column=1)
    assert result.score == score
    assert set(result.metrics) == {"function_name_match", "arguments_match"}


def test_the_arguments_that_are_wrong_are_named():
    assert match_function_call([], "weather", {"city": 5, "days": 1}, WEATHER).reason == (
        "do not fit their schema: ['city']"
    )


def test_a_strictness_that_does_not_exist_and_a_schema_without_a_name_are_errors():
    with pytest.raises(ValueError, match="found argument_match_strictness='loose'"):
        match_function_call([], "f", {}, WEATHER, "loose")
    with pytest.raises(UsageError, match="expected a name and arguments"):
        match_function_call([], "f", {}, {"arguments": {}})


def test_similarity_of_sets_is_their_intersection_by_their_union():
    assert calculate_jaccard_similarity({1, 2, 3}, {2, 3, 4}) == 0.5
    assert calculate_jaccard_similarity(set(), set()) == 1.0
    assert calculate_jaccard_similarity({1}, set()) == 0.0


def test_properties_have_the_paths_of_what_is_nested_and_any_where_no_type_is_declared():
    schema = {
        "type": "object",
        "properties": {
            "who": {"type": "object", "properties": {"age": {"type": ["integer", "null"]}, "note": {}}},
            "tags": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}},
        },
        "patternProperties": {"^x-": {"type": "boolean"}},
    }
    assert extract_schema_properties(schema) == {
        ("who", "object"),
        ("who.age", "integer|null"),
        ("who.note", "any"),
        ("tags", "array"),
        ("tags[]", "object"),
        ("tags[].id", "string"),
        ("[^x-]", "boolean"),
    }
    assert extract_schema_properties({"type": "array", "items": {"type": "number"}}) == {("[]", "number")}
    assert extract_schema_properties({}) == set()


def test_a_schema_is_an_object_or_its_text_and_else_nothing():
    assert normalize_schema('{"type": "object"}') == normalize_schema({"type": "object"}) == {"type": "object"}
    assert normalize_schema("{") == normalize_schema("[1]") == normalize_schema(5) == {}


def test_arguments_that_are_json_are_decoded_without_touching_what_was_given():
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
        {"id": "b", "function": {"name": "f", "arguments": ""}},
        {"id": "c", "function": {"name": "f", "arguments": "{x: 1}"}},
        {"id": "d", "function": {"name": "f"}},
        "no call",
    ]
    done = maybe_deserialize_tool_call_arguments(calls)
    assert [call["function"]["arguments"] for call in done] == [{"x": 1}, {}, "{x: 1}"]
    assert done[0]["id"] == "a"
    assert calls[0]["function"]["arguments"] == '{"x": 1}'
    assert maybe_deserialize_tool_call_arguments(None) == []


def test_calls_are_compared_by_value_and_in_order():
    first, second = {"name": "f", "arguments": {"x": 5}}, {"name": "g", "arguments": {}}
    assert compare_tool_calls([first, second], [{"name": "f", "arguments": '{"x": 5.0}'}, second])
    assert not compare_tool_calls([second, first], [first, second])
    assert not compare_tool_calls([first], [first, second])
    assert not compare_tool_calls([{"name": "f", "arguments": {"x": True}}], [{"name": "f", "arguments": {"x": 1}}])
    assert compare_tool_calls([], [])


def test_a_message_is_compared_with_all_that_it_tries():
    due = {"tool_calls": [{"function": {"name": "f", "arguments": '{"x": 1}'}}]}
    assert eval_tool_call({"content": '<tool_call>{"name": "f", "arguments": {"x": 1}}</tool_call>'}, due)
    assert eval_tool_call({"content": "No."}, None)
    assert eval_tool_call({"content": None}, {"tool_calls": []})
    twice = due["tool_calls"] + [{"function": {"name": "delete_all"}}]
    assert not eval_tool_call({"tool_calls": twice}, due)
    assert not eval_tool_call({"content": "<tool_call>"}, None)


def test_a_truth_that_cannot_be_read_is_an_error():
    with pytest.raises(GradingError, match="the ground truth is no list of calls"):
        compare_tool_calls([], [{"arguments": {}}])
