r"""Bring a short piece of text to plain characters: look-alike Unicode, LaTeX fonts and spacing.

It makes one spelling of the many that mean the same (``\dfrac``, ``1\,234``, ``½``, full-width digits) and
decides nothing. What it does not know it leaves as it is, so that a later reader refuses it.
"""

# ruff: noqa: RUF001 - look-alike characters are what this module is about

import functools
import re
import unicodedata

__all__ = ["characters", "plain", "shown"]

_DROPPED = r"\left \right \displaystyle \textstyle \big \Big \bigl \bigr \Bigl \Bigr \limits \! \( \) \[ \]"
_FONTS = (
    r"\text \textbf \textit \textrm \textsf \texttt \textnormal \mathrm \mathbf \mathit \mathsf \mathtt \mbox \hbox"
    r" \operatorname \emph \bm \boldsymbol \boxed \fbox \underline \bf \rm \it"
)
_SPACES = ("\\,", "\\:", "\\;", "\\ ", "\\\n", r"\quad", r"\qquad", r"\enspace", r"\thinspace", r"\space", "~")
_COMMANDS = {
    **dict.fromkeys((*_DROPPED.split(), *_FONTS.split()), ""),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys((r"\dfrac", r"\tfrac", r"\cfrac"), r"\frac"),
    **dict.fromkeys((r"\$", r"\textdollar", r"\mathdollar"), "USD"),
    **dict.fromkeys((r"\circ", r"\degree", r"\textdegree"), "°"),
    **dict.fromkeys((r"\pounds", r"\textsterling"), "£"),
    **dict.fromkeys((r"\euro", r"\texteuro"), "€"),
    **dict.fromkeys((r"\approx", r"\simeq"), "≈"),
    r"\yen": "¥",
    r"\cent": "¢",
    r"\%": "%",
    r"\times": "·",
    r"\cdot": "·",
    r"\div": "÷",
    "{,}": ",",
}
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|[^A-Za-z])|\{,\}|~")

_LOOK_ALIKES = {
    **dict.fromkeys("−﹣‐‑‒–", "-"),
    **dict.fromkeys("⁄∕", "/"),
    **dict.fromkeys("×⋅∙✕", "·"),
    **dict.fromkeys("‘’′", "'"),
    **dict.fromkeys("“”″", '"'),
    "٫": ".",
    "٬": ",",
    "٪": "%",
    "￥": "¥",
    "￡": "£",
    "∗": "*",
}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_FULL_WIDTH_OFFSET = 0xFEE0


def plain(text: str) -> str:
    """Return ``text`` in plain characters; a dollar that is money becomes ``USD``, a bare ``$`` stays."""
    if not text.isascii():
        text = _SUPERSCRIPT.sub(lambda run: "^{" + "".join(_SUPERSCRIPTS[char] for char in run[0]) + "}", text)
        text = characters(text)
    if "\\" in text or "~" in text or "{,}" in text:
        text = _COMMAND.sub(lambda command: _COMMANDS.get(command[0], command[0]), text)
    if "°" in text:
        text = text.replace("^{°}", "°").replace("^°", "°")
    return text


def characters(text: str) -> str:
    """Return ``text`` with every look-alike character written in ASCII; others stay."""
    return _NOT_ASCII.sub(lambda char: _character(char[0]), text)


@functools.lru_cache(maxsize=1024)
def _character(char: str) -> str:
    """Return what stands for one character that is not ASCII."""
    if char in _LOOK_ALIKES:
        return _LOOK_ALIKES[char]
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    if "！" <= char <= "～":
        return chr(ord(char) - _FULL_WIDTH_OFFSET)
    if char.isspace():
        return " "
    if unicodedata.category(char) == "Cf":  # zero-width and direction marks
        return ""
    if unicodedata.decomposition(char).startswith("<fraction>"):
        return " " + unicodedata.normalize("NFKC", char).replace("⁄", "/")
    return char


_MAX_SHOWN = 80


def shown(text: str) -> str:
    """Make one short line of a text for people, and write what no encoding takes as an escape."""
    if len(text) <= _MAX_SHOWN and text.isalnum() and text.isascii():
        return text
    text = " ".join(text[: 4 * _MAX_SHOWN].split())
    text = text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
    return text.encode("utf-8", "backslashreplace").decode()
