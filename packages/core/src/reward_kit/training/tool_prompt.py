"""Tools written into a prompt as text: TRL's trainer takes tools as functions that it runs, not as descriptions.

The layout is Hermes', which the chat templates of Qwen and others write too, so that a model trained on it
calls as it does elsewhere.
"""

import json
from collections.abc import Sequence
from typing import Any

__all__ = ["with_tools"]

_BEFORE = (
    "# Tools\n\nYou may call one or more functions to assist with the user query. Their signatures are within"
    " <tools></tools>:\n<tools>\n"
)
_AFTER = (
    "\n</tools>\n\nFor each call return a JSON object with the function's name and arguments within"
    " <tool_call></tool_call>:\n"
    '<tool_call>\n{"name": <name>, "arguments": <arguments>}\n</tool_call>'
)


def with_tools(prompt: list[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ``prompt`` with ``tools`` at the end of its system message, which is added where there is none."""
    described = _BEFORE + "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools) + _AFTER
    first = prompt[0]
    if first["role"] in {"system", "developer"} and isinstance(first.get("content"), str):
        return [{**first, "content": f"{first['content']}\n\n{described}"}, *prompt[1:]]
    return [{"role": "system", "content": described}, *prompt]
