"""BFCL's files become rows, and rows that cannot be used are refused with the reason."""

import json

import pytest

from reward_kit.data.bfcl import BFCL_CATEGORIES, bfcl_rows
from reward_kit.grading import grade
from reward_kit.models import Sample
from reward_kit.rewards.function_calling import exact_tool_match_reward
from reward_kit.rewards.function_calling.rows import function_calling_row

FUNCTION = {
    "name": "geo.area",
    "description": "Area.",
    "parameters": {
        "type": "dict",
        "properties": {"sides": {"type": "tuple", "items": {"type": "float"}}, "unit": {"type": "string"}},
        "required": ["sides"],
    },
}


def question(name):
    return {"id": name, "question": [[{"role": "user", "content": f"{name}?"}]], "function": [FUNCTION]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "possible_answer").mkdir()
    for category in BFCL_CATEGORIES:
        name = f"BFCL_v4_{category}.json"
        (tmp_path / name).write_text(json.dumps(question(category)) + "\n")
        answer = {"geo.area": {"sides": [[2.0, 3.0]], "unit": ["m", ""]}}
        if category == "parallel":
            answer = {"geo.area": {"sides": ["x"]}}
        if "irrelevance" not in category:
            (tmp_path / "possible_answer" / name).write_text(
                json.dumps({"id": category, "ground_truth": [answer]}) + "\n"
            )
    return tmp_path


def test_every_python_category_is_read_with_its_answers(folder):
    rows = [row.value for row in bfcl_rows(folder)]
    assert [row["category"] for row in rows] == list(BFCL_CATEGORIES)
    assert [row["possible_answers"] is None for row in rows] == ["irrelevance" in name for name in BFCL_CATEGORIES]


def test_a_row_becomes_a_sample_whose_reference_earns_everything(folder):
    for row in bfcl_rows(folder):
        if row.value["category"] == "parallel":
            continue
        sample = function_calling_row(row.value)
        assert sample.id == row.value["id"]
        again = Sample.model_validate_json(sample.model_dump_json())
        assert again == sample
        reply = [*sample.messages, sample.reference_message]
        assert grade(exact_tool_match_reward, reply, ground_truth=sample.ground_truth, extra=sample.extra).score == 1.0


def test_tools_and_ground_truth_are_kept_as_json_text(folder):
    sample = function_calling_row(next(bfcl_rows(folder)).value)
    row = sample.model_dump(mode="json")
    assert [type(row[name]) for name in ("tools", "ground_truth")] == [str, str]
    assert json.loads(row["tools"])[0]["function"]["parameters"]["properties"]["sides"] == {
        "type": "array",
        "items": {"type": "number"},
    }


def test_a_row_whose_answer_breaks_its_own_schema_is_refused(folder):
    (row,) = [row.value for row in bfcl_rows(folder) if row.value["category"] == "parallel"]
    with pytest.raises(ValueError, match="breaks the schema of its own tool"):
        function_calling_row(row)


def test_a_row_of_xlam_becomes_a_sample():
    tools = [{"name": "f", "description": "", "parameters": {"n": {"type": "int, optional", "default": 3}}}]
    raw = {"id": 7, "query": "?", "answers": '[{"name": "f", "arguments": {"n": 3}}]', "tools": json.dumps(tools)}
    sample = function_calling_row(raw)
    assert sample.id == "xlam-7"
    silent = [
        *sample.messages,
        {"role": "assistant", "content": '<tool_call>{"name": "f", "arguments": {}}</tool_call>'},
    ]
    assert grade(exact_tool_match_reward, silent, ground_truth=sample.ground_truth, extra=sample.extra).score == 1.0
