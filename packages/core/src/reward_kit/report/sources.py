"""Find the prompts and replies of a run's rows: results name them by id alone.

The files are looked for where the run read them and where the caller says, and are used only where they are still
the same, by their sha256.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reward_kit.data.replies import read_replies
from reward_kit.data.samples import read_samples
from reward_kit.errors import DataError
from reward_kit.evaluation.runs import file_mark
from reward_kit.models import Message

__all__ = ["Source", "Sources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a result of a run was about; None where the files do not say."""

    messages: Sequence[Message] | None = None
    reply: Message | None = None
    gold: object = None
    """The ground truth, as the data set has it."""


class Sources:
    """The rows behind the results of one run."""

    def __init__(self, record: Mapping[str, Any], candidates: Sequence[Path], wanted: Container[str]) -> None:
        """Read what belongs to the ids in ``wanted`` from files that ``record``, the run's run.json, tells of."""
        self.problems: list[str] = []
        """Why something is missing, as sentences."""
        settings, inputs = record.get("settings") or {}, record.get("inputs") or {}
        self._graded_replies = settings.get("replies") is not None or inputs.get("graded") == "replies"
        self._samples: dict[str, Source] = {}
        self._replies: dict[str, list[Source]] = defaultdict(list)
        data = self._find("data set", settings.get("data"), inputs.get("data"), candidates)
        if data is not None:
            self._read(data, self._read_samples, wanted)
        if self._graded_replies:
            replies = self._find("file of replies", settings.get("replies"), inputs.get("replies"), candidates)
            if replies is not None:
                self._read(replies, self._read_replies, wanted)

    def of(self, identifier: str, attempt: int = 0) -> Source:
        """Return what is known of the result of ``identifier``, the ``attempt``-th that it has, from 0."""
        sample = self._samples.get(identifier, Source())
        if not self._graded_replies:
            return sample
        replies = self._replies.get(identifier, [])
        reply = replies[attempt] if attempt < len(replies) else Source()
        return Source(
            messages=sample.messages or reply.messages,
            reply=reply.reply,
            gold=reply.gold if sample.gold is None else sample.gold,
        )

    def _find(self, what: str, mark: object, named: object, candidates: Sequence[Path]) -> Path | None:
        sha256 = mark.get("sha256") if isinstance(mark, dict) else None
        if not sha256:
            self.problems.append(f"The run read its {what} from no file that could be read again.")
            return None
        paths = [*([Path(named)] if isinstance(named, str) else []), *candidates]
        there = [path for path in paths if path.is_file()]
        found = next((path for path in there if file_mark(path).sha256 == sha256), None)
        if found is None:
            looked = ", ".join(repr(str(path)) for path in there) or "none was found"
            self.problems.append(f"The {what} of the run (sha256 {sha256[:12]}…) is not at hand: {looked}.")
        return found

    def _read(self, path: Path, rows: Any, wanted: Container[str]) -> None:  # noqa: ANN401 - a method of this class
        try:
            rows(path, wanted)
        except DataError as error:
            self.problems.append(f"{error}.")

    def _read_samples(self, path: Path, wanted: Container[str]) -> None:
        for sample in read_samples(path):
            if sample.id in wanted:
                self._samples[sample.id] = Source(
                    messages=sample.messages, reply=sample.reference_message, gold=sample.ground_truth
                )

    def _read_replies(self, path: Path, wanted: Container[str]) -> None:
        for reply in _of_interest(path, wanted):
            self._replies[reply[0]].append(reply[1])


def _of_interest(path: Path, wanted: Container[str]) -> Iterator[tuple[str, Source]]:
    for reply in read_replies(path):
        if reply.id in wanted:
            yield reply.id, Source(messages=reply.messages, reply=reply.message, gold=reply.ground_truth)
