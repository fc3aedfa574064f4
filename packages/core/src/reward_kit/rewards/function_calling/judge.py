"""``llm_judge_reward``: ask a language model what it thinks of a reply's calls. Only ever asked by this name."""

from typing import Any

from reward_kit.errors import GradingError, RemoteError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.rewards.function_calling.case import own_turns
from reward_kit.rewards.function_calling.parse import parse_tool_calls
from reward_kit.rewards.judging import Judge, described

__all__ = ["llm_judge_reward"]

_CACHE = ".reward_kit_cache/judge"


def llm_judge_reward(  # noqa: PLR0917 - as 0.4.1's users call it
    messages: list[Message] | list[dict[str, Any]],
    ground_truth: Any = None,  # noqa: ANN401 - every shape that data sets have
    function_call: dict[str, Any] | None = None,
    expected_schema: dict[str, Any] | str | None = None,
    expected_behavior: str | None = None,
    openai_api_key: str | None = None,
    model: str = "gpt-4o-mini",
    temperature: float = 0.0,
    *,
    tools: Any = None,  # noqa: ANN401 - a list, or its JSON
    base_url: str = "https://api.openai.com/v1",
    cache_folder: str | None = _CACHE,
    **kwargs: Any,  # noqa: ANN401, ARG001 - columns of a data set that this reward does not use
) -> EvaluateResult:
    """Return the score that a language model gives the calls of a reply, between 0 and 1.

    The judge is asked through an OpenAI-compatible endpoint, once for the same question: its answers are kept in
    ``cache_folder`` (``None``: nowhere). Where it cannot be reached, or answers anything but a score, the reply is not
    graded. A judge can be talked into a score; where calls can be compared, compare them.

    Args:
        messages: the conversation; the assistant's turns after the last message of the user are judged.
        ground_truth: the calls that are due, shown to the judge as they are.
        function_call: a call to judge in place of the reply's.
        expected_schema: what the call should look like, shown to the judge.
        expected_behavior: what is right, in words, shown to the judge.
        openai_api_key: the key of the endpoint.
        model: the judge.
        temperature: 0 for the same answer to the same question.
        tools: the tools that were offered.
        base_url: the endpoint, up to where ``/chat/completions`` begins.
        cache_folder: where answers are kept.
        **kwargs: ignored.
    """
    judge = Judge(
        model=model, base_url=base_url, api_key=openai_api_key, temperature=temperature, cache_folder=cache_folder
    )
    try:
        given: list[object] = [{"role": "assistant", "tool_calls": [function_call]}]
        turns = own_turns(messages) if function_call is None else given
        parts = {
            "CONVERSATION": [described(message) for message in messages if message not in turns],
            "TOOLS": tools,
            "EXPECTED CALLS": ground_truth,
            "EXPECTED SCHEMA": expected_schema,
            "EXPECTED BEHAVIOUR": expected_behavior,
            "CALLS TO JUDGE": _attempts(turns, tools),
        }
        verdict = judge.ask("You judge the function calls of an assistant.", parts)
    except (GradingError, RemoteError) as error:
        return EvaluateResult.not_graded(str(error))
    metric = MetricResult(score=verdict.score, reason=verdict.reason)
    return EvaluateResult(score=verdict.score, reason=verdict.reason, metrics={"llm_judge": metric})


def _attempts(turns: list[object], tools: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for turn in turns:
        parsed = parse_tool_calls(turn, tools)
        found += [{"name": call.name, "arguments": call.arguments} for call in parsed.calls]
        found += [{"malformed": broken.reason} for broken in parsed.malformed]
    return found
