"""Make the data set that TRL trains on out of samples: conversational prompts, and the reward's arguments."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from reward_kit.errors import UsageError
from reward_kit.models import Sample
from reward_kit.training.tool_prompt import with_tools

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["KWARGS_COLUMN", "prompt_rows", "training_dataset"]

KWARGS_COLUMN = "reward_kwargs"
"""One dict per row with all keyword arguments of the reward. TRL has no other use for a column of this name."""


def training_dataset(samples: Iterable[Sample], *, system_prompt: str) -> "Dataset":
    """Return a ``datasets.Dataset`` with the columns ``prompt`` and ``reward_kwargs``.

    Both are stored as JSON: Arrow would unify the rows, and give a string where one row has a number and another
    text, and every key of any row to all of them.

    Raises:
        UsageError: there are no samples.
    """
    from datasets import Dataset, Features, Json

    rows = prompt_rows(samples, system_prompt=system_prompt)
    features = Features({"prompt": Json(), KWARGS_COLUMN: Json()})
    return Dataset.from_list(rows, features=features)


def prompt_rows(samples: Iterable[Sample], *, system_prompt: str) -> list[dict[str, Any]]:
    """Return the rows of ``training_dataset`` as plain data."""
    rows = []
    for sample in samples:
        prompt = [message.to_wire() for message in sample.messages]
        if system_prompt and prompt[0]["role"] not in {"system", "developer"}:
            prompt.insert(0, {"role": "system", "content": system_prompt})
        if sample.tools:
            prompt = with_tools(prompt, sample.tools)
        arguments: dict[str, Any] = {"ground_truth": sample.ground_truth, **sample.extra}
        rows.append({"prompt": prompt, KWARGS_COLUMN: arguments})
    if not rows:
        message = "found no samples to train on, expected at least one"
        raise UsageError(message)
    return rows
