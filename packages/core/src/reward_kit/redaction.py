"""Keep secrets out of text: values that are known, what has the shape of a key, and secrets inside URLs."""

import re

__all__ = ["KEY_SHAPES", "without_secrets"]

KEY_SHAPES = re.compile(
    r"\b(?:fw|fpk)_[A-Za-z0-9]{16,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bhf_[A-Za-z0-9]{20,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{30,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bAIza[A-Za-z0-9_-]{35}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""Text that has the shape of a key of a known service."""

REDACTED = "[redacted]"
_BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s\"',;]+")
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")
_QUERY_SECRET = re.compile(r"(?i)([?&][^=&\s]*(?:key|token|secret|signature|password|credential)[^=&\s]*=)[^&\s\"']+")
# Replacing every "a" because somebody's test key is "a" would destroy the message and protect nothing.
_SHORTEST_SECRET = 4


def without_secrets(text: str, *values: str) -> str:
    """Return ``text`` without ``values``, without what has the shape of a key, and without secrets inside URLs."""
    for value in values:
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, REDACTED)
    text = KEY_SHAPES.sub(REDACTED, text)
    text = _BEARER.sub(rf"\g<1>{REDACTED}", text)
    text = _USER_INFO.sub("", text)
    return _QUERY_SECRET.sub(rf"\g<1>{REDACTED}", text)
