"""OpenR1-Math as an example: where it comes from, what a row becomes, what is rewarded, how it is trained."""

from reward_kit.example import Example, GenerationSettings, GrpoSettings, HubSource
from reward_kit.rewards.math import math_reward
from reward_kit.rewards.math.rows import openr1_row

__all__ = ["example"]

SYSTEM_PROMPT = (
    "Solve the problem step by step. End with the exact final answer alone in \\boxed{}: a number, an expression, "
    "a set such as \\{1, 2\\}, a pair such as (1, 2) or an interval such as [1, 2)."
)

example = Example(
    name="math-openr1",
    package="reward_kit_math_openr1",
    summary="Competition mathematics (OpenR1): problems whose answer is a number, an expression, a set or a tuple.",
    source=HubSource(
        repo="open-r1/OpenR1-Math-220k",
        config="default",
        split="train[:100]",
        revision="e4e141ec9dea9f8326f4d347be56105859b2bd68",
        licence="Apache-2.0",
    ),
    row=openr1_row,
    system_prompt=SYSTEM_PROMPT,
    reward=math_reward,
    # As the makers of Qwen3 advise: it thinks for up to 32,768 tokens, and greedy decoding makes it repeat itself.
    generation=GenerationSettings(max_tokens=32768, temperature=0.6, top_p=0.95),
    training=GrpoSettings(max_completion_length=4096),
)
