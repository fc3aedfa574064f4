"""Function calling as an example: where it comes from, what a row becomes, what is rewarded, how it is trained."""

from reward_kit.data.bfcl import bfcl_rows, bfcl_version
from reward_kit.example import Example, GenerationSettings, GrpoSettings, HubSource, PackageSource
from reward_kit.rewards.function_calling import composite_function_call_reward
from reward_kit.rewards.function_calling.rows import function_calling_row

__all__ = ["example"]

SYSTEM_PROMPT = (
    "Answer with the function calls that the request needs, all of them and no others. Leave out optional parameters"
    " that are not asked for. If no function fits, or something that one needs is missing, call none and say so."
)

example = Example(
    name="function-calling",
    package="reward_kit_function_calling",
    summary="Function calling: the right calls with the right arguments, or none.",
    source=HubSource(
        repo="Salesforce/xlam-function-calling-60k",
        split="train[:1000]",
        revision="26d14ebfe18b1f7b524bd39b404b50af5dc97866",
        licence="CC-BY-4.0",
    ),
    packages={"bfcl": PackageSource(rows=bfcl_rows, revision=bfcl_version, licence="Apache-2.0")},
    row=function_calling_row,
    system_prompt=SYSTEM_PROMPT,
    reward=composite_function_call_reward,
    generation=GenerationSettings(max_tokens=2048),
    training=GrpoSettings(max_completion_length=512),
)
