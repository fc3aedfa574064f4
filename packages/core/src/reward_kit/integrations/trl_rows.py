"""Make rows of a reward of what TRL passes to a reward function: lists of prompts, completions and columns."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reward_kit.errors import UsageError
from reward_kit.integrations.conversation import MalformedReplyError, conversation
from reward_kit.models import Message

__all__ = ["Row", "RowSettings"]

_RESERVED = frozenset({
    "prompt", "prompts", "completion", "completions", "completion_ids",
    "trainer_state", "log_extra", "log_metric", "environments",
})  # fmt: skip
"""Names that TRL uses itself: a column of that name never reaches a reward function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One completion, ready to be graded. It shares nothing with what the trainer passed."""

    prompt: object
    """As it was passed, to tell the groups apart."""
    messages: Sequence[Message]
    ground_truth: object
    extra: Mapping[str, Any]
    """The reward's other keyword arguments."""
    malformed: str
    """Why the reply is not a valid message; empty where it is one."""
    cut_off: bool | None
    """Whether the token limit ended it; ``None`` where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """Which columns become which arguments, and how messages are made."""

    columns: Mapping[str, str]
    kwargs_column: str | None
    static: Mapping[str, Any]
    user_message_fn: Callable[[Any], str] | None
    assistant_message_fn: Callable[[Any], str] | None
    eos_token_ids: frozenset[int] | None

    def __post_init__(self) -> None:
        for column in self._wanted:
            if column in _RESERVED:
                message = f"column {column!r} never reaches a reward: TRL uses that name itself; rename the column"
                raise UsageError(message)
        for argument in self.arguments:
            if self.arguments.count(argument) > 1:
                message = f"argument {argument!r} is given twice, by columns or static arguments; give it once"
                raise UsageError(message)

    @property
    def arguments(self) -> list[str]:
        """The names of the arguments that every row has."""
        return [*self.columns.values(), *self.static]

    @property
    def _wanted(self) -> list[str]:
        return [*self.columns, *([self.kwargs_column] if self.kwargs_column else [])]

    def rows(
        self,
        prompts: Sequence[object],
        completions: Sequence[object] | None,
        completion_ids: Sequence[Sequence[int]] | None,
        columns: Mapping[str, object],
    ) -> list[Row]:
        """Return a row per completion.

        Raises:
            UsageError: a column is missing or not a list of the right length, or a prompt is not a conversation.
        """
        if completions is None:
            prompts, completions = _split(prompts)
        if len(completions) != len(prompts):
            message = f"found {len(completions)} completions for {len(prompts)} prompts, expected as many"
            raise UsageError(message)
        values = {column: _column(column, columns, len(prompts)) for column in self._wanted}
        return [
            self._row(
                prompt,
                completion,
                completion_ids[index] if completion_ids else None,
                {column: listed[index] for column, listed in values.items()},
            )
            for index, (prompt, completion) in enumerate(zip(prompts, completions, strict=True))
        ]

    def _row(self, prompt: object, completion: object, ids: Sequence[int] | None, values: Mapping[str, object]) -> Row:
        values = copy.deepcopy(values)
        arguments = copy.deepcopy(dict(self.static))
        arguments |= {argument: values[column] for column, argument in self.columns.items()}
        if self.kwargs_column:
            arguments |= _keywords(self.kwargs_column, values[self.kwargs_column])
        messages: list[Message] = []
        malformed = ""
        try:
            messages = conversation(
                prompt,
                completion,
                user_message_fn=self.user_message_fn,
                assistant_message_fn=self.assistant_message_fn,
            )
        except MalformedReplyError as error:
            malformed = str(error)
        return Row(
            prompt=prompt,
            messages=messages,
            ground_truth=arguments.pop("ground_truth", None),
            extra=arguments,
            malformed=malformed,
            cut_off=self._cut_off(ids),
        )

    def _cut_off(self, ids: Sequence[int] | None) -> bool | None:
        if self.eos_token_ids is None or ids is None:
            return None
        return not ids or ids[-1] not in self.eos_token_ids


def _column(name: str, columns: Mapping[str, object], rows: int) -> Sequence[object]:
    if name not in columns:
        there = ", ".join(repr(column) for column in columns) or "no other columns"
        message = f"column {name!r} is missing; besides prompts and completions there are {there}"
        raise UsageError(message)
    values = columns[name]
    if not isinstance(values, list | tuple):
        message = f"column {name!r} is of type {type(values).__name__}, expected a list of {rows} values"
        raise UsageError(message)
    if len(values) != rows:
        message = f"column {name!r} has {len(values)} values, expected {rows}: one per completion"
        raise UsageError(message)
    return values


def _keywords(column: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        message = f"column {column!r} has a value of type {type(value).__name__}, expected dicts of keyword arguments"
        raise UsageError(message)
    return dict(value)


def _split(conversations: Sequence[object]) -> tuple[list[object], list[object]]:
    """Take whole conversations apart, as reward-kit 0.4.1 let its users pass them."""
    prompts: list[object] = []
    completions: list[object] = []
    for messages in conversations:
        if not isinstance(messages, list | tuple) or not messages:
            message = "found no completions, and a prompt that is not a conversation ending with the reply"
            raise UsageError(message)
        prompts.append(list(messages[:-1]))
        completions.append(list(messages[-1:]))
    return prompts, completions
