"""What the validator says of rosters, and what the evaluator that asks it carries."""

import pytest

from reward_kit.errors import GradingError
from reward_kit.evaluation import grade
from reward_kit.evaluation.bundle import bundle_example
from reward_kit_remote_evaluation import example
from reward_kit_remote_evaluation.validator import validate

pytestmark = pytest.mark.api
RIGHT = '{"Fri": "Rosa", "Sat": "Cy", "Sun": "Finn"}'
"""To rota-01: from Friday to Sunday, Cy, Finn or Rosa; Rosa at most once, on Friday; Sunday is Finn's."""


def said(reply, case="rota-01"):
    result = validate([{"role": "assistant", "content": reply}], ground_truth=case)
    return result.score, result.reason


@pytest.mark.parametrize(
    "reply",
    [
        RIGHT,
        f"Here it is:\n```json\n{RIGHT}\n```",
        '<think>{"Fri": "Cy"} no</think>' + RIGHT,
        f"{RIGHT} as I said: {RIGHT}",
        '{"Sun":"Finn","Sat":"Finn","Fri":"Rosa"}',
    ],
)
def test_any_roster_that_keeps_the_rules_earns_everything(reply):
    assert said(reply) == (1.0, "every rule is kept")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("Rosa, Cy, Finn", "gives no roster"),
        ("{broken", "gives no roster"),
        ('{"Fri": "Rosa", "Fri": "Cy", "Sat": "Cy", "Sun": "Finn"}', "gives no roster"),
        ('{"Fri": ' + "[" * 100_000 + "}", "gives no roster"),
        (RIGHT + RIGHT.replace("Cy", "Finn"), "gives several rosters"),
        (f"<think>{RIGHT}", "the thinking does not end"),
        ('{"Fri": "Rosa", "Sat": ["Cy", "Finn"], "Sun": "Finn"}', "does not give one person for each day"),
        ('{"Fri": "Rosa", "Sat": "Cy"}', "gives other days than Fri, Sat, Sun"),
        ('{"Fri": "Rosa", "Sat": "Bo", "Sun": "Finn"}', "gives others than Cy, Finn, Rosa"),
        (
            '{"Fri": "Rosa", "Sat": "Rosa", "Sun": "Finn"}',
            "breaks a rule, rule: at most, person: Rosa, days: 1",
        ),
    ],
)
def test_anything_else_earns_nothing_and_says_why(reply, reason):
    assert said(reply) == (0.0, reason)


def test_a_case_that_it_does_not_have_is_not_graded():
    messages = [{"role": "assistant", "content": RIGHT}]
    with pytest.raises(GradingError, match="found the case 'rota-99'"):
        validate(messages, ground_truth="rota-99")
    assert not grade(validate, messages, ground_truth="rota-99").is_score_valid


def test_the_packaged_evaluator_carries_neither_the_validator_nor_its_rules():
    files = bundle_example(example).files
    assert "reward_kit_remote_evaluation/spec.py" in files
    assert not [name for name in files if "validator" in name or "answers" in name or "cli" in name.split("/")]
    assert not any("not two days running" in text for text in files.values())
