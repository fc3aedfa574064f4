import pytest

from reward_kit import Sample
from reward_kit.errors import UsageError
from reward_kit.training.rows import prompt_rows, training_dataset

USER = {"role": "user", "content": "2+2?"}
SYSTEM = {"role": "system", "content": "Be brief."}


def test_a_row_has_the_conversation_and_the_arguments_of_the_reward():
    sample = Sample(messages=[USER], ground_truth="4", extra={"unit": "cm"}, reference="#### 4")

    assert prompt_rows([sample], system_prompt="Be brief.") == [
        {"prompt": [SYSTEM, USER], "reward_kwargs": {"ground_truth": "4", "unit": "cm"}}
    ]


def test_a_conversation_keeps_a_system_prompt_of_its_own():
    own = {"role": "system", "content": "Be kind."}

    (row,) = prompt_rows([Sample(messages=[own, USER])], system_prompt="Be brief.")

    assert row["prompt"] == [own, USER]


def test_an_example_without_a_system_prompt_adds_none():
    (row,) = prompt_rows([Sample(messages=[USER])], system_prompt="")

    assert row["prompt"] == [USER]


def test_values_of_different_types_come_out_of_the_data_set_as_they_went_in():
    truths = ["1,008", 72, 2.5, None, [1, "two", {"a": None}], {"b": [True]}]
    samples = [Sample(messages=[USER], ground_truth=truth) for truth in truths]

    rows = list(training_dataset(samples, system_prompt=""))

    assert [row["reward_kwargs"] for row in rows] == [{"ground_truth": truth} for truth in truths]


def test_rows_with_different_arguments_and_message_fields_do_not_get_each_others():
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2}'}}
    talk = [USER, {"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "content": "4"}]
    parts = [{"role": "user", "content": [{"type": "text", "text": "2+2?"}]}]
    samples = [Sample(messages=talk, extra={"tests": ["assert True"]}), Sample(messages=parts, extra={"limit": 3})]

    first, second = training_dataset(samples, system_prompt="")

    assert first == {"prompt": talk, "reward_kwargs": {"ground_truth": None, "tests": ["assert True"]}}
    assert second == {"prompt": parts, "reward_kwargs": {"ground_truth": None, "limit": 3}}


def test_there_has_to_be_a_sample():
    with pytest.raises(UsageError, match="found no samples to train on"):
        training_dataset([], system_prompt="")


def test_tools_are_written_into_the_system_prompt_as_text():
    tools = [{"type": "function", "function": {"name": "add"}}]
    sample = Sample(messages=[USER], tools=tools)

    (row,) = prompt_rows([sample], system_prompt="Be brief.")
    (alone,) = prompt_rows([sample], system_prompt="")

    for system, user in (row["prompt"], alone["prompt"]):
        assert system["role"] == "system"
        assert '{"type": "function", "function": {"name": "add"}}' in system["content"]
        assert user == USER
    assert row["prompt"][0]["content"].startswith("Be brief.\n\n# Tools")
    assert alone["prompt"][0]["content"].startswith("# Tools")
