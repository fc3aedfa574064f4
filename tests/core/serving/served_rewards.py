"""Rewards that a served process loads: right, slow, hanging, dying, failing."""

import os
import signal
import time

from reward_kit import reward_function
from reward_kit.models import EvaluateResult, StepOutput


@reward_function
def behaves(messages, *, ground_truth=None, **_):
    """Do what the reply says."""
    text = messages[-1].text
    if text == "hang":
        time.sleep(600)
    if text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "raise":
        message = "the judge is gone"
        raise ConnectionError(message)
    if text == "nan":
        return EvaluateResult(
            score=1.0, step_outputs=[StepOutput(step_index=0, base_reward=1, metrics={"x": object()})]
        )
    if text == "deep":
        nested = []
        for _ in range(5000):
            nested = [nested]
        return EvaluateResult.model_construct(
            score=1.0, step_outputs=[StepOutput.model_construct(step_index=0, base_reward=1.0, metrics={"x": nested})]
        )
    if text.startswith("sleep "):
        time.sleep(float(text.partition(" ")[2]))
    return {"score": float(text == ground_truth), "reason": f"compared {text!r}"}
