"""Make text of a row fit to be shown: no secrets, a bounded length, and nothing that a reader cannot see.

Replies are hostile. The template and the script escape what they show; here goes what escaping leaves: characters
that turn the direction of a line around or have no shape at all.
"""

import json
import re
from typing import Any

from reward_kit.redaction import without_secrets

__all__ = ["clipped", "kind_of", "shown", "visible"]

LONGEST = 20_000
"""Characters of one text that a report carries."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LONGEST_KIND = 100


def visible(text: str) -> str:
    r"""Return ``text`` with characters that cannot be seen, or turn a line around, written out.

    >>> visible("a\u202eb")
    'a[U+202E]b'
    """
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text.replace("\r\n", "\n"))


def clipped(text: str) -> str:
    """Return ``text`` without secrets, and where it is longer than a report carries, its two ends."""
    text = without_secrets(text)
    if len(text) > LONGEST:
        half = LONGEST // 2
        text = f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
    return visible(text)


def shown(value: object) -> str | None:
    """Return any JSON value as text that is fit to be shown; None of None."""
    if value is None:
        return None
    if isinstance(value, str):
        return clipped(value)
    try:
        return clipped(json.dumps(value, ensure_ascii=False))
    except RecursionError:
        return "[nested too deeply to be shown]"


def kind_of(row: dict[str, Any]) -> str:
    """Return what the reason or error of a row has in common with others: without what is quoted, and numbers.

    >>> kind_of({"reason": "'40320' != '7.8' (####)", "error": None})
    '… != … (####)'
    """
    why = without_secrets(" ".join(str(row.get("error") or row.get("reason") or "no reason given").split()))
    kind = visible(_NUMBER.sub("N", _QUOTED.sub("…", why)))
    return kind if len(kind) <= _LONGEST_KIND else kind[:_LONGEST_KIND] + "…"
