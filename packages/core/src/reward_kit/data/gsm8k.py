"""Make samples of the rows of GSM8K."""

from collections.abc import Mapping
from typing import Any

from reward_kit.models import Message, Sample

__all__ = ["gsm8k_row"]


def gsm8k_row(raw: Mapping[str, Any]) -> Sample:
    """Make a sample of a row of GSM8K: ``question`` and ``answer``, a worked solution that ends with ``#### N``.

    Raises:
        ValueError: the answer has another form.
        KeyError: a field is missing.
    """
    solution, separator, final = raw["answer"].rpartition("####")
    if not separator or not solution.strip() or not final.strip():
        message = f"found the answer {raw['answer'][-40:]!r}, expected a worked solution that ends with '#### N'"
        raise ValueError(message)
    return Sample(
        messages=[Message(role="user", content=raw["question"])],
        ground_truth=final.strip(),
        reference=raw["answer"],
    )
