"""Mathematics and programming as one example: three kinds of rows, and a reward made of two."""

from collections.abc import Mapping
from typing import Any

from reward_kit.data.coding import coding_row, humaneval_rows, humaneval_version
from reward_kit.data.gsm8k import gsm8k_row
from reward_kit.example import Example, GenerationSettings, GrpoSettings, HubSource, PackageSource
from reward_kit.models import Sample
from reward_kit_math_coding.reward import reward

__all__ = ["example", "row"]

SYSTEM_PROMPT = (
    "Answer with a number, with a program, or with both, as the problem asks. Put the final number into \\boxed{}."
    " Put the whole program into one block that begins with ```python; it is run against tests that you do not see."
)


def row(raw: Mapping[str, Any]) -> Sample:
    """Make a sample of a row of GSM8K, of a coding problem, or of what the examples for those have prepared."""
    if "messages" in raw:
        sample = Sample.model_validate(raw)
    else:
        sample = gsm8k_row(raw) if "question" in raw else coding_row(raw)
    kind = sample.extra.get("kind") or ("code" if "language" in sample.extra else "math")
    return sample.model_copy(update={"extra": {**sample.extra, "kind": kind}})


example = Example(
    name="math-coding",
    package="reward_kit_math_coding",
    summary="Mathematics, programming, and both at once: a composite reward by the kind of row.",
    source=HubSource(
        repo="openai/gsm8k",
        config="main",
        split="train[:100]",
        revision="740312add88f781978c0658806c59bc2815b9866",
        licence="MIT",
    ),
    packages={"humaneval": PackageSource(rows=humaneval_rows, revision=humaneval_version, licence="MIT")},
    row=row,
    system_prompt=SYSTEM_PROMPT,
    reward=reward,
    generation=GenerationSettings(max_tokens=8192),
    training=GrpoSettings(max_completion_length=1024),
)
