"""Keep what a trainer logs: every step as a line of JSON in the run's folder, and one line for humans."""

import logging
import math
from collections.abc import Mapping
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from reward_kit.data import AppendLog

__all__ = ["StepLog"]

logger = logging.getLogger("reward_kit.training")

_SHOWN = {
    "loss": "loss",
    "reward": "reward",
    "reward_std": "std",
    "grad_norm": "gradient norm",
    "completions/clipped_ratio": "cut off",
    "step_time": "seconds",
}


class StepLog(TrainerCallback):
    """Append what the trainer logs to ``log``.

    A run that is resumed logs the steps after its checkpoint again: of two lines with the same step, the later counts.
    """

    def __init__(self, log: AppendLog) -> None:
        self._log = log

    def on_log(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: object,
    ) -> None:
        """Write the numbers of a step."""
        if not logs:
            return
        self._log.append({"step": state.global_step, **{name: _json_number(value) for name, value in logs.items()}})
        if "reward" in logs:
            shown = ", ".join(
                f"{label} {logs[name]:.4g}" for name, label in _SHOWN.items() if _is_number(logs.get(name))
            )
            logger.info("step %d of %d: %s", state.global_step, state.max_steps, shown)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _json_number(value: object) -> object:
    """Return a number that JSON has; NaN and the infinities, which it lacks, as text."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
