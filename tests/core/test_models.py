import json
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reward_kit.models import EvaluateResult, Message, MetricResult, Reply, Sample, StepOutput, content_id

PROMPT = [{"role": "user", "content": "1 + 1"}]


def test_the_public_names_are_these():
    import reward_kit.models

    assert set(reward_kit.models.__all__) == {
        *("EvaluateResult", "Message", "MetricResult", "Reply", "Role", "Sample", "StepOutput", "content_id"),
    }


@pytest.mark.parametrize("row", [{"content": "x"}, {"role": "", "content": "x"}, {"role": None}])
def test_a_message_without_a_role_is_refused(row):
    with pytest.raises(ValueError, match="Role is required"):
        Message.model_validate(row)


def test_a_role_that_no_endpoint_knows_is_refused():
    with pytest.raises(ValidationError):
        Message(role="robot", content="x")


def test_the_text_of_a_message_is_its_string_or_its_text_parts():
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "u"}},
        {"type": "text", "text": "b"},
    ]
    assert Message(role="user", content="ab").text == "ab"
    assert Message(role="user", content=parts).text == "ab"
    assert Message(role="assistant", content=None).text == ""
    assert Message(role="assistant").text == ""


def test_reasoning_that_was_kept_apart_is_no_text():
    assert Message(role="assistant", content="2", reasoning_content="it is 3").text == "2"


def test_a_message_keeps_fields_that_only_its_endpoint_knows():
    message = Message.model_validate(
        {"role": "assistant", "content": "x", "refusal": "no", "tool_calls": [{"id": "t"}]}
    )
    assert message.to_wire() == {"role": "assistant", "content": "x", "refusal": "no", "tool_calls": [{"id": "t"}]}


def test_what_goes_to_an_endpoint_has_no_field_that_is_not_set_but_the_content():
    assert Message(role="assistant", content=None, tool_calls=[{"id": "t"}]).to_wire() == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "t"}],
    }


def test_results_are_read_like_dicts():
    result = EvaluateResult(score=0.5, reason="half")
    assert result["score"] == 0.5
    assert "score" in result
    assert "points" not in result
    assert result.get("points", 7) == 7
    assert list(result) == list(result.keys())
    assert dict(result.items())["reason"] == "half"
    with pytest.raises(KeyError):
        result["points"]


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("model", [EvaluateResult, MetricResult])
def test_a_score_is_a_finite_number(model, score):
    with pytest.raises(ValidationError, match=r"1 validation error for .*\nscore"):
        model(score=score, reason="x")


@pytest.mark.parametrize("score", [-0.01, 1.01])
def test_a_metric_is_between_0_and_1_and_a_score_need_not_be(score):
    with pytest.raises(ValidationError):
        MetricResult(score=score, reason="x")
    assert EvaluateResult(score=score).score == score


def test_an_error_is_never_a_valid_score():
    result = EvaluateResult(score=0.0, error="the judge did not answer")
    assert not result.is_score_valid
    with pytest.raises(ValidationError, match="a failed grading has no valid score"):
        EvaluateResult(score=0.0, is_score_valid=True, error="the judge did not answer")
    with pytest.raises(ValidationError, match=r"a failed grading has the score 0\.0"):
        EvaluateResult(score=1.0, error="the judge did not answer")


def test_a_failed_grading_always_says_why():
    assert EvaluateResult(score=0.0, is_score_valid=False, reason="no judge").error == "no judge"
    assert EvaluateResult(score=0.0, is_score_valid=False).error == "the reward gave no reason"


def test_not_graded_is_made_in_one_call():
    result = EvaluateResult.not_graded("no judge", metrics={"m": MetricResult(score=0.5, reason="r")})
    assert (result.score, result.is_score_valid, result.error, result.metrics["m"].score) == (
        0.0,
        False,
        "no judge",
        0.5,
    )


def test_arguments_of_old_rewards_are_ignored():
    assert EvaluateResult(score=1.0, success=True).score == 1.0


@pytest.mark.parametrize(
    "value",
    [
        Message(role="user", content="x", refusal="no"),
        Sample(messages=PROMPT, ground_truth="2", reference="1 + 1 = 2"),
        Reply(id="a", message=Message(role="assistant", content="2"), finish_reason="length"),
        EvaluateResult(
            score=0.5,
            metrics={"m": MetricResult(score=1.0, reason="r")},
            step_outputs=[StepOutput(step_index=1, base_reward=2)],
        ),
    ],
)
def test_models_survive_pickling_and_json(value):
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - bytes of our own
    assert type(value).model_validate_json(value.model_dump_json()) == value


def test_a_sample_refuses_fields_that_it_does_not_have_and_needs_a_prompt():
    with pytest.raises(ValidationError, match="answer"):
        Sample.model_validate({"messages": PROMPT, "answer": "2"})
    with pytest.raises(ValidationError):
        Sample(messages=[])


def test_the_id_of_a_sample_is_made_of_what_is_asked_and_not_of_what_is_carried_along():
    one = Sample(messages=PROMPT, ground_truth="2")
    assert one.id == Sample(messages=PROMPT, ground_truth="2", metadata={"level": 1}, reference="1 + 1 = 2").id
    assert one.id == Sample(messages=[Message(role="user", content="1 + 1")], ground_truth="2").id
    assert one.id != Sample(messages=PROMPT, ground_truth="3").id
    assert Sample(id="mine", messages=PROMPT).id == "mine"


def test_the_id_of_known_content_never_changes():
    assert Sample(messages=PROMPT, ground_truth="2").id == "0acc3cfd07be36cf"


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_a_content_id_does_not_depend_on_the_order_of_keys(content):
    turned = dict(reversed(list(content.items())))
    assert content_id(content) == content_id(turned)
    assert len(content_id(content)) == 16


def test_a_reference_is_an_assistant_message_whatever_it_was_written_as():
    text = Sample(messages=PROMPT, reference="1 + 1 = 2")
    call = Sample(messages=PROMPT, reference=Message(role="assistant", tool_calls=[{"id": "t"}]))
    assert text.reference_message == Message(role="assistant", content="1 + 1 = 2")
    assert call.reference_message.tool_calls == [{"id": "t"}]
    assert Sample(messages=PROMPT).reference_message is None


@pytest.mark.parametrize(
    ("finish_reason", "cut_off"), [("length", True), ("stop", False), ("tool_calls", False), (None, False)]
)
def test_a_reply_is_cut_off_where_the_token_limit_ended_it(finish_reason, cut_off):
    reply = Reply(id="a", message=Message(role="assistant", content="2"), finish_reason=finish_reason)
    assert reply.cut_off is cut_off


def test_what_a_reply_is_written_as_has_no_empty_field():
    reply = Reply(id="a", message=Message(role="assistant", content="2"), finish_reason="stop")
    assert json.loads(json.dumps(reply.model_dump(mode="json", exclude_none=True))) == {
        "id": "a",
        "message": {"role": "assistant", "content": "2"},
        "finish_reason": "stop",
        "extra": {},
    }
