"""Remote evaluation as an example: what a row becomes, and who is asked to grade it, with which secret."""

from collections.abc import Mapping
from typing import Any

from reward_kit.example import Example, GenerationSettings, GrpoSettings, Service
from reward_kit.models import Message, Sample
from reward_kit.rewards.remote import Remote

__all__ = ["example", "row"]

SYSTEM_PROMPT = (
    "Make the roster that the request asks for. Answer with one JSON object that gives one person for each day, such"
    ' as {"Mon": "Ana", "Tue": "Bo"}, and nothing else.'
)
SERVICE = Service(
    target="reward_kit_remote_evaluation.validator:validate", url_env="VALIDATOR_URL", key_env="VALIDATOR_KEY"
)


def row(raw: Mapping[str, Any]) -> Sample:
    """Make a sample of ``request``, ``case`` (the name under which the validator has the rules) and ``roster``."""
    return Sample(
        messages=[Message(role="user", content=raw["request"])], ground_truth=raw["case"], reference=raw["roster"]
    )


example = Example(
    name="remote-evaluation",
    package="reward_kit_remote_evaluation",
    summary="Duty rosters, graded by a validator elsewhere that asks for a key.",
    source=None,
    row=row,
    system_prompt=SYSTEM_PROMPT,
    reward=Remote(url_env=SERVICE.url_env, key_env=SERVICE.key_env),
    service=SERVICE,
    generation=GenerationSettings(max_tokens=4096),
    training=GrpoSettings(max_completion_length=512),
)
