"""Calls of gpt-oss (harmony): messages with a recipient, ``to=functions.name``, and JSON as their text.

The analysis channel is thinking. A message to a tool that is built into the model (``python``, ``browser.search``)
is an attempt that no offered tool answers.
"""

import re

from reward_kit.data.strict_json import StrictJsonError, read_json, skip_space
from reward_kit.rewards.function_calling.reading import Reader

__all__ = ["read_harmony"]

_MESSAGE = "<|message|>"
_END = re.compile(r"<\|(?:end|call|return|start)\|>")
_RECIPIENT = re.compile(r"\bto=([^\s<]+)")
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)")
_CLOSED = ("<|call|>", "<|end|>", "<|return|>", "<|start|>")


def read_harmony(reader: Reader, start: int) -> tuple[str, str]:
    """Read every message from ``start`` on; return the text that is meant for the user, and the thinking."""
    text, position = reader.text, start
    shown: list[str] = []
    thought: list[str] = []
    while position < len(text):
        opening = reader.find(_MESSAGE, position)
        header = text[position : opening if opening >= 0 else len(text)]
        # A header without a message is cut off: what it began was never sent.
        recipient, channel = _RECIPIENT.search(header), _CHANNEL.search(header)
        if opening < 0:
            if recipient:
                reader.broken("harmony", f"the message to {recipient.group(1)[:60]!r} has no text")
            break
        body = opening + len(_MESSAGE)
        if recipient:
            position = _sent(reader, recipient.group(1), body)
            continue
        end = reader.search(_END, body)
        (thought if channel and channel.group(1) == "analysis" else shown).append(
            text[body : end.start() if end else len(text)]
        )
        if end is None and channel and channel.group(1) == "analysis":
            reader.broken("harmony", "the thinking never ends")
        position = len(text) if end is None else end.start() if end.group() == "<|start|>" else end.end()
        if text.startswith("<|start|>", position):
            position += len("<|start|>")
    return "".join(shown), "".join(thought)


def _sent(reader: Reader, recipient: str, body: int) -> int:
    """Read a message to a tool."""
    text = reader.text
    name = recipient.removeprefix("functions.")
    if name == recipient and name not in reader.tools:
        reader.broken("harmony", f"a message to {recipient[:60]!r}, which is no function")
        end = reader.search(_END, body)
        return end.end() if end else len(text)
    try:
        arguments, end_of_json = read_json(text, skip_space(text, body))
    except StrictJsonError as error:
        reason = f"the arguments of {name[:60]!r} cannot be read: {error.reason}"
        reader.broken("harmony", reason, repairable=reader.repairable(skip_space(text, body)))
        end = reader.search(_END, max(error.position, body))
        return end.end() if end else len(text)
    after = skip_space(text, end_of_json)
    if not isinstance(arguments, dict):
        reader.broken("harmony", f"the arguments of {name[:60]!r} are {type(arguments).__name__}, expected an object")
    elif after < len(text) and not text.startswith(_CLOSED, after):
        reader.broken("harmony", f"text follows the arguments of {name[:60]!r}")
    else:
        # The stop token is cut from what most engines return, so the end of the text closes a call too.
        reader.call("harmony", name, arguments)
    end = reader.search(_END, after)
    return end.end() if end else len(text)
