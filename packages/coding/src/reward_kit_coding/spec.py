"""Coding as an example: where it comes from, what a row becomes, what is rewarded, how it is trained."""

from reward_kit.data.coding import coding_row, humaneval_rows, humaneval_version
from reward_kit.example import Example, GenerationSettings, GrpoSettings, HubSource, PackageSource
from reward_kit.rewards.code_execution import fractional_code_reward

__all__ = ["example"]

SYSTEM_PROMPT = (
    "Solve the problem in Python, with the standard library only. Think first if that helps; end with the whole"
    " program in one block that begins with ```python. It is run against tests that you do not see."
)

example = Example(
    name="coding",
    package="reward_kit_coding",
    summary="Coding: programs that have to pass their tests, run in a sandbox.",
    source=HubSource(
        repo="google-research-datasets/mbpp",
        config="full",
        split="train",
        revision="4bb6404fdc6cacfda99d4ac4205087b89d32030c",
        licence="CC-BY-4.0",
    ),
    packages={"humaneval": PackageSource(rows=humaneval_rows, revision=humaneval_version, licence="MIT")},
    row=coding_row,
    system_prompt=SYSTEM_PROMPT,
    reward=fractional_code_reward,
    generation=GenerationSettings(max_tokens=8192),
    training=GrpoSettings(max_completion_length=1024),
)
