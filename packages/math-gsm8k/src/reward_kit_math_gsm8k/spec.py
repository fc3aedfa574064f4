"""GSM8K as an example: where it comes from, what a row becomes, what is rewarded, how it is trained."""

from reward_kit.data.gsm8k import gsm8k_row
from reward_kit.example import Example, GenerationSettings, GrpoSettings, HubSource
from reward_kit.rewards.math import math_reward

__all__ = ["example"]

SYSTEM_PROMPT = "Solve the problem step by step. End with the final number alone in \\boxed{}, without a unit."


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
    row=gsm8k_row,
    system_prompt=SYSTEM_PROMPT,
    reward=math_reward,
    generation=GenerationSettings(max_tokens=4096),
    training=GrpoSettings(max_completion_length=1024),
)
