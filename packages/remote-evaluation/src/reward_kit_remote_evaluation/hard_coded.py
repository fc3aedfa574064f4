"""How not to do it: an evaluator with the validator's key in its source.

Whoever reads the code, the package or the platform's copy of it has the key, and changing it means changing code.
``check --reward reward_kit_remote_evaluation.hard_coded:evaluate`` refuses it, and so does ``deploy``. ``spec.py``
does it right: the key has a name there, and its value is kept in a secret store.
"""

from typing import Any

import requests

from reward_kit.models import Message
from reward_kit.reward_function import reward_function

__all__ = ["evaluate"]

VALIDATOR_URL = "https://validator.example"
VALIDATOR_KEY = "q7Tz4mWc1Yp9RkX2vLs8Hd5NbJ3gFa6E"  # the mistake that is shown; it opens nothing


@reward_function
def evaluate(messages: list[Message], *, ground_truth: str, **_: object) -> dict[str, Any]:
    """Ask the validator, with the key that is written above."""
    answer = requests.post(
        f"{VALIDATOR_URL}/evaluate",
        headers={"X-Api-Key": VALIDATOR_KEY},
        json={"messages": [message.to_wire() for message in messages], "ground_truth": ground_truth},
        timeout=60,
    )
    answer.raise_for_status()
    result: dict[str, Any] = answer.json()
    return result
