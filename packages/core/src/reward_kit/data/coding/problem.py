"""What every converter makes of a row: a problem, and the sample that it becomes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reward_kit.errors import DataError
from reward_kit.models import Message, Sample

__all__ = ["LICENCES", "RUNNABLE", "Problem", "continued", "fenced", "labels_of", "refuse_language"]

LICENCES = {
    "humaneval": "MIT",
    "mbpp": "CC-BY-4.0",
    "mbxp": "Apache-2.0",
    "bigcodebench": "Apache-2.0",
    "evoeval": "Apache-2.0",
    "aider": "MIT",
    "code_contests": "CC-BY-4.0",
    "cruxeval": "MIT",
    "cruxeval_x": "MIT",
}
"""Of the data sets themselves; any other comes from SandboxFusion's samples."""
SANDBOX_FUSION = "Apache-2.0"
RUNNABLE = ("python", "javascript")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of a data set, in the terms of the code rewards."""

    source: str
    """The data set, in lower case."""
    task: object
    """Its own name for the problem."""
    prompt: str
    truth: Mapping[str, Any]
    """One of the shapes of ``reward_kit.rewards.code_execution.truth``."""
    reference: str | None
    """A whole reply that is right; None where the data set gives none."""
    language: str = "python"
    timeout: float | None = None
    """Seconds per test, where the data set needs more than most."""

    def sample(self) -> Sample:
        """Return the problem as a sample.

        Its ground truth is JSON text, since a reader that unifies columns would give every row the keys of all.
        """
        return Sample(
            messages=[Message(role="user", content=self.prompt)],
            ground_truth=json.dumps(self.truth, ensure_ascii=False),
            reference=self.reference,
            extra={"language": self.language} | ({} if self.timeout is None else {"timeout": self.timeout}),
            metadata={
                "source": self.source,
                "task": str(self.task),
                "license": LICENCES.get(self.source, SANDBOX_FUSION),
            },
        )


def fenced(code: str, language: str = "python") -> str:
    """Return ``code`` in a fence that is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    text = code.replace("\r\n", "\n").strip("\n")
    return f"{fence}{language}\n{text}\n{fence}"


def continued(prompt: str, body: str) -> str:
    """Return the program that ``prompt`` begins and ``body`` ends."""
    return prompt + body if prompt.endswith(("\n", " ")) or body.startswith("\n") else f"{prompt}\n{body}"


def labels_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels of a SandboxFusion row, which come as an object or as its JSON text."""
    labels = raw.get("labels") or {}
    found = json.loads(labels) if isinstance(labels, str) else labels
    return dict(found)


def refuse_language(language: str) -> DataError:
    """Return the error of a row in a language whose tests cannot be run here."""
    problem = f"tests in {language} cannot be run here, expected one of {', '.join(RUNNABLE)}"
    return DataError(problem, field="language")
