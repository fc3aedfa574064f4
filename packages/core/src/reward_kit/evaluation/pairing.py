"""Put model replies together with what they are graded against.

A reply that carries its prompt and its ground truth needs no data set. Any other finds them by its id in the data
set. Where both have them they must agree: grading against the wrong one of two would look like a result.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import JsonValue

from reward_kit.data.id_index import IdIndex
from reward_kit.data.replies import numbered_replies
from reward_kit.errors import DataError
from reward_kit.evaluation.conversations import Conversation
from reward_kit.models import Message, Reply, Sample

__all__ = ["Pairing"]


class Pairing:
    """Replies paired with samples; iterate ``conversations()`` once."""

    def __init__(
        self, replies: str | Path | Iterable[Reply], samples: Iterable[Sample], *, repeated: bool = False
    ) -> None:
        """Pair ``replies`` with ``samples``; with ``repeated`` an id may have several replies, in any order."""
        self._repeated = repeated
        self._replies = replies
        self._path = replies if isinstance(replies, str | Path) else None
        self._samples = samples
        self.samples = 0
        """Rows of the data set."""
        self.joined = 0
        """Those of them that have a reply."""

    @property
    def unanswered(self) -> int:
        """Rows of the data set without a reply, where the replies are to this data set at all."""
        return self.samples - self.joined if self.joined else 0

    def conversations(self) -> Iterator[Conversation]:
        """Yield each reply as the last message of its prompt.

        Raises:
            DataError: an id twice (unless ``repeated``), one that is nowhere, or a reply that contradicts the data set.
        """
        with IdIndex() as known, IdIndex() as seen:
            self._fill(known)
            for line, reply in self._numbered():
                earlier = seen.add(reply.id, line)
                if earlier is not None and not self._repeated:
                    problem = f"found {reply.id!r} again, after line {earlier.line}; several attempts need --attempts"
                    raise self._error(problem, line, "id")
                entry = known.get(reply.id)
                if entry is None:
                    yield self._alone(reply, line)
                else:
                    self.joined += earlier is None
                    yield self._together(reply, Sample.model_validate_json(entry.value), line)

    def _fill(self, known: IdIndex) -> None:
        for sample in self._samples:
            self.samples += 1
            earlier = known.add(sample.id, self.samples, sample.model_dump_json().encode())
            if earlier is not None:
                problem = f"found {sample.id!r} in row {self.samples} of the data set again, after row {earlier.line}"
                raise DataError(problem, field="id")

    def _numbered(self) -> Iterator[tuple[int, Reply]]:
        if isinstance(self._replies, str | Path):
            return numbered_replies(self._replies)
        return iter(enumerate(self._replies, start=1))

    def _alone(self, reply: Reply, line: int) -> Conversation:
        if not reply.messages or reply.ground_truth is None:
            lacks = " and ".join(
                name
                for name, there in (("prompt", reply.messages), ("ground truth", reply.ground_truth is not None))
                if not there
            )
            problem = f"found {reply.id!r}, which is not in the data set, and the reply has no {lacks} of its own"
            raise self._error(problem, line, "id")
        return _conversation(reply, reply.messages, reply.ground_truth, reply.extra)

    def _together(self, reply: Reply, sample: Sample, line: int) -> Conversation:
        if reply.messages is not None and _wire(reply.messages) != _wire(sample.messages):
            problem = f"the prompt is not that of {sample.id!r} in the data set; is this the right data set?"
            raise self._error(problem, line, "messages")
        if reply.ground_truth is not None and reply.ground_truth != sample.ground_truth:
            problem = f"found {reply.ground_truth!r}, but {sample.id!r} in the data set has {sample.ground_truth!r}"
            raise self._error(problem, line, "ground_truth")
        if reply.extra and reply.extra != sample.extra:
            problem = f"found {reply.extra!r}, but {sample.id!r} in the data set has {sample.extra!r}"
            raise self._error(problem, line, "extra")
        return _conversation(reply, sample.messages, sample.ground_truth, sample.extra)

    def _error(self, problem: str, line: int, field: str) -> DataError:
        return DataError(problem, path=self._path, line=line, field=field)


def _conversation(
    reply: Reply, prompt: list[Message], ground_truth: object, extra: dict[str, JsonValue]
) -> Conversation:
    return Conversation(
        id=reply.id,
        messages=(*prompt, reply.message),
        ground_truth=ground_truth,
        extra=extra,
        cut_off=reply.cut_off,
    )


def _wire(messages: list[Message]) -> list[dict[str, object]]:
    """Return the messages without a system prompt: that is the example's, and the data set's rows have none."""
    return [message.to_wire() for message in messages if message.role not in {"system", "developer"}]
