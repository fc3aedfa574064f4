"""GSM8K as an example: where it comes from, what a row becomes, what is rewarded, how it is trained."""

from collections.abc import Mapping
from typing import Any

from reward_kit.example import Example, GenerationSettings, GrpoSettings, HubSource
from reward_kit.models import Message, Sample
from reward_kit.rewards.math import math_reward

__all__ = ["example", "row"]

SYSTEM_PROMPT = "Solve the problem step by step. End with the final number alone in \\boxed{}, without a unit."


def row(raw: Mapping[str, Any]) -> Sample:
    """Make a sample of a row of GSM8K: ``question`` and ``answer``, a worked solution that ends with ``#### N``."""
    solution, separator, final = raw["answer"].rpartition("####")
    if not separator or not solution.strip() or not final.strip():
        message = f"found the answer {raw['answer'][-40:]!r}, expected a worked solution that ends with '#### N'"
        raise ValueError(message)
    return Sample(
        messages=[Message(role="user", content=raw["question"])],
        ground_truth=final.strip(),
        reference=raw["answer"],
    )


example = Example(
    name="math-gsm8k",
    package="reward_kit_math_gsm8k",
    summary="Grade-school mathematics (GSM8K): word problems whose answer is one number.",
    source=HubSource(
        repo="openai/gsm8k",
        config="main",
        split="train[:100]",
        revision="740312add88f781978c0658806c59bc2815b9866",
        licence="MIT",
    ),
    row=row,
    system_prompt=SYSTEM_PROMPT,
    reward=math_reward,
    generation=GenerationSettings(max_tokens=4096),
    training=GrpoSettings(max_completion_length=1024),
)
