"""The environment that a verb reads its keys from: the process's own, over the variables of ``--env-file``."""

import os
import re
from pathlib import Path

from reward_kit.errors import DataError

__all__ = ["environment"]

_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)")


def environment(env_file: Path | None = None) -> dict[str, str]:
    """Return the variables; what the process has wins over the file, and nothing is put into the process.

    The file holds ``NAME=value`` lines, as ``docker run --env-file`` takes them; ``export`` before a name, quotes
    around a value and ``# comments`` are understood as well.

    Raises:
        DataError: the file cannot be read, or a line has another form; the line is not shown, for it may be a key.
    """
    return {**(_variables(env_file) if env_file else {}), **os.environ}


def _variables(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}"
        raise DataError(problem, path=path) from None
    found = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = _LINE.fullmatch(line.strip())
        if parts is None:
            problem = "found another form, expected NAME=value"
            raise DataError(problem, path=path, line=number)
        found[parts["name"]] = _unquoted(parts["value"])
    return found


def _unquoted(value: str) -> str:
    quote = value[:1]
    if quote in {'"', "'"} and value.endswith(quote) and len(value) > 1:
        return value[1:-1]
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip()
