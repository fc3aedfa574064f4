"""Exactly the right calls earn 1.0; near misses less; guessing less still."""

import json

import pytest

from reward_kit.errors import UsageError
from reward_kit.grading import grade
from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.rewards.function_calling import (
    composite_function_call_reward,
    exact_tool_match_reward,
    normalize_tools,
    schema_jaccard_reward,
)

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "book",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "nights": {"type": "integer", "default": 1},
                    "price": {"type": "number"},
                    "breakfast": {"type": "boolean", "default": False},
                    "note": {"type": ["string", "null"], "default": None},
                    "guests": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"name": {"type": "string"}, "child": {"type": "boolean", "default": False}},
                            "required": ["name"],
                        },
                    },
                    "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
                    "room": {"type": "string", "enum": ["single", "Double"]},
                    "floor": {"type": "integer", "default": 1},
                },
                "required": ["city", "floor"],
            },
        },
    }
]


def calls(*made):
    return [{"type": "function", "function": {"name": name, "arguments": json.dumps(args)}} for name, args in made]


def reply(*made):
    return [{"role": "user", "content": "?"}, {"role": "assistant", "content": None, "tool_calls": calls(*made)}]


def exact(made, due, **options):
    result = exact_tool_match_reward(
        reply(*[("book", args) for args in made]), calls(*[("book", args) for args in due]), tools=TOOLS, **options
    )
    assert result.is_score_valid
    return result.score


PLAIN = {"city": "Ghent", "floor": 2}


@pytest.mark.parametrize(
    ("made", "due"),
    [
        ({"price": 5.0}, {"price": 5}),
        ({"price": -0.0}, {"price": 0}),
        ({"price": 0.30000000000000004}, {"price": 0.3}),
        ({"price": 10**20}, {"price": 1e20}),
        ({"city": "Cafe\u0301"}, {"city": "Café"}),
        ({"nights": 1}, {}),
        ({}, {"nights": 1}),
        ({"note": None}, {}),
        ({"breakfast": False}, {"nights": 1}),
        ({"guests": [{"name": "A", "child": False}]}, {"guests": [{"name": "A"}]}),
        ({"guests": [{"child": True, "name": "A"}]}, {"guests": [{"name": "A", "child": True}]}),
        ({"tags": ["b", "a"]}, {"tags": ["a", "b"]}),
    ],
)
def test_the_same_arguments_written_differently_are_right(made, due):
    assert exact([{**PLAIN, **made}], [{**PLAIN, **due}]) == 1.0


@pytest.mark.parametrize(
    ("made", "due"),
    [
        ({"price": "5"}, {"price": 5}),
        ({"price": True}, {"price": 1}),
        ({"breakfast": 0}, {"breakfast": False}),
        ({"breakfast": 0}, {}),
        ({"breakfast": "true"}, {"breakfast": True}),
        ({"price": 1.001}, {"price": 1.0}),
        ({"price": 2**53 + 1}, {"price": 2**53}),
        ({"city": "7"}, {"city": "007"}),
        ({"city": "-5"}, {"city": "5"}),
        ({"city": "etc passwd"}, {"city": "/etc/passwd"}),
        ({"city": "GHENT"}, {"city": "Ghent"}),
        ({"city": " Ghent"}, {"city": "Ghent"}),
        ({"city": "1.5"}, {"city": "15"}),
        ({"note": "null"}, {"note": None}),
        ({"note": None}, {"note": ""}),
        ({"nights": None}, {}),
        ({"nights": 2}, {}),
        ({}, {"nights": 2}),
        ({"extra": 1}, {}),
        ({"tags": "a"}, {"tags": ["a"]}),
        ({"tags": ["a", "a"]}, {"tags": ["a", "b"]}),
        ({"guests": [{"name": "B"}, {"name": "A"}]}, {"guests": [{"name": "A"}, {"name": "B"}]}),
        ({"guests": [{"name": "A"}, {"name": "A"}]}, {"guests": [{"name": "A"}]}),
        ({"guests": []}, {}),
        ({"guests": [{"name": "A", "child": 0}]}, {"guests": [{"name": "A"}]}),
    ],
)
def test_other_arguments_are_wrong(made, due):
    assert exact([{**PLAIN, **made}], [{**PLAIN, **due}]) == 0.0


def test_a_required_parameter_is_not_filled_from_its_default():
    assert exact([{"city": "Ghent"}], [{"city": "Ghent", "floor": 1}]) == 0.0


def test_the_order_of_calls_is_free_unless_it_is_asked_for():
    made, due = [{**PLAIN, "price": 1}, {**PLAIN, "price": 2}], [{**PLAIN, "price": 2}, {**PLAIN, "price": 1}]
    assert exact(made, due) == 1.0
    assert exact(made, due, order="strict") == 0.0
    assert exact(made, made, order="strict") == 1.0


@pytest.mark.parametrize(
    "made",
    [
        [],
        [("book", PLAIN), ("book", PLAIN)],
        [("book", PLAIN), ("delete_all", {})],
        [("Book", PLAIN)],
        [("book_v2", PLAIN)],
    ],
)
def test_fewer_more_or_other_calls_are_wrong(made):
    assert exact_tool_match_reward(reply(*made), calls(("book", PLAIN))).score == 0.0


def test_a_broken_attempt_beside_the_right_call_is_wrong():
    right = json.dumps({"name": "book", "arguments": PLAIN})
    text = f"<tool_call>{right}</tool_call><tool_call>{{</tool_call>"
    result = exact_tool_match_reward([{"role": "assistant", "content": text}], calls(("book", PLAIN)))
    assert result.score == 0.0
    assert result.reason.startswith("1 of 2 attempts malformed: not JSON")


@pytest.mark.parametrize(
    "truth", [None, "", "null", [], {}, "[]", {"tool_calls": []}, {"role": "assistant", "content": "Nothing to do."}]
)
def test_where_no_call_is_due_none_is_right_and_any_attempt_wrong(truth):
    def score(content):
        return exact_tool_match_reward([{"role": "assistant", "content": content}], truth).score

    assert score("Nothing fits.") == 1.0
    assert score(None) == 1.0
    assert score('<tool_call>{"name": "now", "arguments": {}}</tool_call>') == 0.0
    assert score('<tool_call>{"name": ') == 0.0
    assert score("[TOOL_CALLS]now{}") == 0.0
    assert score("<think>for ever") == 0.0


@pytest.mark.parametrize(
    "truth",
    [
        {"tool_calls": calls(("book", PLAIN))},
        json.dumps({"tool_calls": calls(("book", PLAIN))}),
        json.dumps(json.dumps(calls(("book", PLAIN)))),
        calls(("book", PLAIN)),
        {"name": "book", "arguments": PLAIN},
        [{"name": "book", "arguments": json.dumps(PLAIN)}],
        {"role": "assistant", "content": None, "tool_calls": calls(("book", PLAIN))},
        {"role": "assistant", "function_call": {"name": "book", "arguments": json.dumps(PLAIN)}},
        {"role": "assistant", "content": [{"type": "tool_use", "name": "book", "input": PLAIN}]},
        f"<tool_call>{json.dumps({'name': 'book', 'arguments': PLAIN})}</tool_call>",
    ],
)
def test_the_ground_truth_may_have_any_shape(truth):
    assert exact_tool_match_reward(reply(("book", PLAIN)), truth).score == 1.0
    assert exact_tool_match_reward(reply(("book", {})), truth).score == 0.0


@pytest.mark.parametrize("truth", ["what?", 5, {"answer": 5}, [5], [{"name": "f", "arguments": "{"}], [{"name": None}]])
def test_a_ground_truth_that_cannot_be_read_is_not_graded(truth):
    for reward in (exact_tool_match_reward, composite_function_call_reward, schema_jaccard_reward):
        result = reward(reply(("book", PLAIN)), truth)
        assert not result.is_score_valid
        assert result.error


@pytest.mark.parametrize("messages", [[], [{"role": "user", "content": "?"}], [{"role": "system", "content": "?"}]])
def test_messages_without_a_reply_are_not_graded(messages):
    assert not exact_tool_match_reward(messages, None).is_score_valid


POSSIBLE = [
    {"book": {"city": ["Ghent", "Gent"], "floor": [2], "price": [80, ""], "guests": [[{"name": ["A", "B"]}], ""]}}
]


@pytest.mark.parametrize(
    ("made", "score"),
    [
        ({}, 1.0),
        ({"city": "Gent"}, 1.0),
        ({"price": 80.0}, 1.0),
        ({"guests": [{"name": "B"}]}, 1.0),
        ({"nights": 1}, 1.0),
        ({"city": "Gand"}, 0.0),
        ({"price": 81}, 0.0),
        ({"price": ""}, 0.0),
        ({"guests": [{"name": "C"}]}, 0.0),
        ({"guests": []}, 0.0),
        ({"nights": 2}, 0.0),
        ({"floor": 3}, 0.0),
    ],
)
def test_possible_answers_are_alternatives(made, score):
    messages = reply(("book", {**PLAIN, **made}))
    assert exact_tool_match_reward(messages, None, tools=TOOLS, possible_answers=POSSIBLE).score == score
    text = json.dumps(POSSIBLE)
    assert exact_tool_match_reward(messages, None, tools=json.dumps(TOOLS), possible_answers=text).score == score


def test_alternatives_are_matched_so_that_all_fit_where_that_is_possible():
    possible = [{"f": {"x": ["a", "b"]}}, {"f": {"x": ["a"]}}]
    for order in ([("f", {"x": "a"}), ("f", {"x": "b"})], [("f", {"x": "b"}), ("f", {"x": "a"})]):
        assert exact_tool_match_reward(reply(*order), None, possible_answers=possible).score == 1.0
    twice = reply(("f", {"x": "b"}), ("f", {"x": "b"}))
    assert exact_tool_match_reward(twice, None, possible_answers=possible).score == 0.0


def test_texts_are_compared_as_asked_but_members_of_an_enum_always_exactly():
    assert exact([{"city": "GHENT", "floor": 2}], [PLAIN], string_match="casefold") == 1.0
    assert exact([{**PLAIN, "room": "double"}], [{**PLAIN, "room": "Double"}], string_match="casefold") == 0.0
    assert exact([{**PLAIN, "city": "Ghent, BE"}], [PLAIN], string_match={"city": lambda a, b: a.startswith(b)}) == 1.0
    assert exact([{**PLAIN, "note": "A"}], [{**PLAIN, "note": "a"}], string_match={"city": "casefold"}) == 0.0
    with pytest.raises(ValueError, match="string_match"):
        exact([PLAIN], [PLAIN], string_match="fuzzy")
    with pytest.raises(UsageError, match="order"):
        exact([PLAIN], [PLAIN], order="reverse")


def test_the_reason_names_the_first_difference():
    def reason(made):
        return exact_tool_match_reward(reply(*made), calls(("book", PLAIN)), tools=TOOLS).reason

    assert reason([("book", {"city": "Gent", "floor": 2})]) == "call 1, 'book': 'city': found 'Gent', expected 'Ghent'"
    assert reason([("book", {"city": "Ghent"})]) == "call 1, 'book': 'floor' is missing, expected 2"
    assert reason([("book", {**PLAIN, "x": 1})]) == "call 1, 'book': 'x': found 1, expected nothing"
    assert reason([("look", PLAIN)]) == "call 1: found 'look', expected 1 ('book')"
    assert reason([]) == "calls: found none, expected 1 ('book')"


def test_the_metrics_say_what_was_right():
    result = exact_tool_match_reward(reply(("book", {}), ("now", {})), calls(("book", PLAIN)))
    scores = {name: metric.score for name, metric in result.metrics.items()}
    assert scores == {"name": 0.5, "arguments": 0.0, "count": 0.5, "malformed": 1.0, "format": 1.0}
    assert result.metrics["format"].reason == "openai"


def composite(made, due, **options):
    result = composite_function_call_reward(reply(*made), calls(*due), tools=TOOLS, **options)
    assert result.is_score_valid
    return result.score


THREE = {"city": "Ghent", "floor": 2, "price": 80}


def test_the_composite_reward_pays_a_near_miss_more_than_a_worse_one():
    due = [("book", THREE)]
    scores = [
        composite(due, due),
        composite([("book", {**THREE, "price": 81})], due),
        composite([("book", {**THREE, "price": 81, "city": "Gent"})], due),
        composite([("book", {"city": "Gent", "floor": 3, "price": 1})], due),
        composite([("book", {"city": 5})], due),
        composite([("look", THREE)], due),
    ]
    assert scores == [1.0, 0.44, 0.28, 0.12, 0.06, 0.0]


@pytest.mark.parametrize(
    "made",
    [
        [("book", {**PLAIN, "city": city}) for city in ("Gent", "Gand", "Ghent")],
        [("book", PLAIN)] * 2,
        [("book", PLAIN)] * 11,
        [("book", PLAIN), ("now", {}), ("look", {})],
        [("book", PLAIN), ("now", {})],
    ],
    ids=["shotgun", "twice", "eleven times", "all tools", "one more"],
)
def test_guessing_earns_less_than_an_honest_near_miss(made):
    due = [("book", {"city": "Ghent"})]
    made = [(name, {"city": args["city"]} if args else {}) for name, args in made]
    near = composite_function_call_reward(reply(("book", {"city": "Gent"})), calls(*due)).score
    assert 0.0 < composite_function_call_reward(reply(*made), calls(*due)).score < near


def test_a_spray_earns_nothing():
    due = [("book", PLAIN)]
    assert composite([("book", PLAIN)] * 17, due) == 0.0


def test_the_composite_reward_is_the_same_for_any_order_of_the_calls():
    due = [("book", {**THREE, "price": price}) for price in range(4)]
    made = [("book", {**THREE, "price": price, "city": "Gent"}) for price in range(4)]
    assert composite(made, due) == composite(made[::-1], due) == composite(made, due[::-1])


def test_binary_and_weights():
    near = [("book", {**THREE, "price": 81})]
    due = [("book", THREE)]
    assert composite(near, due, binary=True) == 0.0
    assert composite(due, due, binary=True) == 1.0
    assert composite(near, due, weights={"cap": 0.9, "name": 0.4}) == pytest.approx(0.9 * (0.4 + 0.6 * 2 / 3))
    with pytest.raises(UsageError, match="weights"):
        composite(near, due, weights={"luck": 1.0})


def test_schema_jaccard_looks_at_paths_and_types_under_the_name():
    def score(*made, **options):
        return schema_jaccard_reward(reply(*made), calls(("book", THREE)), tools=TOOLS, **options).score

    assert score(("book", {"city": "X", "floor": 9, "price": 1.5})) == 1.0
    assert score(("book", {"city": "X", "floor": 9})) == pytest.approx(2 / 3)
    assert score(("look", THREE)) == 0.0
    assert score(("book", THREE), ("book", THREE)) == 0.5
    with pytest.warns(DeprecationWarning, match="exact_tool_match_reward"):
        assert score(("book", {"city": "X", "floor": 9, "price": 1}), mode="exact") == 0.0


def test_schema_jaccard_takes_a_call_and_an_expected_schema_as_before():
    schema = {"name": "book", "arguments": {"city": {"type": "string"}, "floor": {"type": "number"}}}
    call = {"name": "book", "arguments": '{"city": "Ghent"}'}
    assert schema_jaccard_reward([], None, call, schema).score == 0.5


def test_only_the_turns_of_the_model_are_graded():
    made = calls(("book", PLAIN))
    other = {
        "role": "tool",
        "tool_call_id": "1",
        "content": '<tool_call>{"name": "delete", "arguments": {}}</tool_call>',
    }
    earlier = [{"role": "assistant", "tool_calls": calls(("now", {}))}, {"role": "user", "content": "and?"}]
    turns = [*earlier, {"role": "assistant", "tool_calls": made}, other, {"role": "assistant", "content": "Done."}]
    assert exact_tool_match_reward(turns, made).score == 1.0
    again = [*turns[:-1], {"role": "assistant", "tool_calls": made}]
    assert exact_tool_match_reward(again, made).score == 0.0
    assert exact_tool_match_reward(again, made * 2).score == 1.0


def test_trl_grades_completions_of_several_turns():
    reward = create_trl_adapter(composite_function_call_reward, {"truth": "ground_truth", "tools": "tools"})
    prompt = [{"role": "user", "content": "Book a room in Ghent, second floor."}]
    call = {"type": "function", "function": {"name": "book", "arguments": PLAIN}}
    right = [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "name": "book", "content": "booked"},
        {"role": "assistant", "content": "Booked."},
    ]
    silent = [{"role": "assistant", "content": "I would rather not."}]
    truth = json.dumps({"tool_calls": calls(("book", PLAIN))})
    scores = reward(
        prompts=[prompt, prompt], completions=[right, silent], truth=[truth] * 2, tools=[json.dumps(TOOLS)] * 2
    )
    assert scores == [1.0, 0.0]


def test_the_boundary_of_grading_takes_the_rewards_as_they_are():
    extra = {"tools": json.dumps(TOOLS), "unknown": 1}
    assert (
        grade(exact_tool_match_reward, reply(("book", PLAIN)), ground_truth=calls(("book", PLAIN)), extra=extra).score
        == 1
    )


def test_tools_of_every_dialect_become_json_schema():
    flat = {"name": "f", "parameters": {"city": {"type": "str"}, "n": {"type": "int, optional", "default": 3}}}
    bfcl = {
        "name": "g",
        "parameters": {"type": "dict", "properties": {"p": {"type": "tuple", "items": {"type": "float"}}}},
    }
    anthropic = {"name": "h", "input_schema": {"type": "object", "properties": {"x": {"type": "any"}}}}
    assert normalize_tools([flat, bfcl, anthropic]) == {
        "f": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "n": {"type": "integer", "default": 3}},
            "required": ["city"],
        },
        "g": {"type": "object", "properties": {"p": {"type": "array", "items": {"type": "number"}}}},
        "h": {"type": "object", "properties": {"x": {}}},
    }


@pytest.mark.parametrize("tools", [None, "", "{", 5, [], [5], {"name": 5}, [{"name": "f", "parameters": 5}]])
def test_tools_that_cannot_be_understood_are_left_out(tools):
    assert exact_tool_match_reward(reply(("book", PLAIN)), calls(("book", PLAIN)), tools=tools).score == 1.0


@pytest.mark.parametrize(
    ("content", "repairable"),
    [
        ("<tool_call>{'name': 'book', 'arguments': {'city': \"it's\"}}</tool_call>", 1.0),
        ('<tool_call>{"name": "book", "arguments": {"city": "Paris",}}</tool_call>', 1.0),
        ('<tool_call>{"name": "book", "arguments": {"city": "Paris"}</tool_call>', 1.0),
        ('<tool_call>{"name": "book", "arguments": {"city": "Paris"}}', 1.0),
        ('[TOOL_CALLS]book{"city": "Paris", "breakfast": True', 1.0),
        ('<tool_call>{"name" "book"}</tool_call><tool_call>{"name": "book",</tool_call>', 0.5),
        ('<tool_call>{"name": "book", "arguments": {"city": "Par', 0.0),
        ("<tool_call> book Paris </tool_call>", 0.0),
    ],
)
def test_an_attempt_that_a_simple_repair_would_make_readable_is_told_apart_and_earns_nothing(content, repairable):
    reply = [{"role": "assistant", "content": content}]
    result = composite_function_call_reward(reply, [{"name": "book", "arguments": {"city": "Paris"}}], tools=TOOLS)
    assert (result.score, result.metrics["repairable"].score) == (0.0, repairable)


def test_repairs_are_spoken_of_only_where_something_is_malformed():
    assert "repairable" not in exact_tool_match_reward([{"role": "assistant", "content": "No."}], []).metrics
