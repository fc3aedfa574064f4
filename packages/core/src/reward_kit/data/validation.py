"""Turn what pydantic says of a row into one DataError: the field, what was found there, what was expected."""

import re
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from reward_kit.errors import DataError

__all__ = ["data_error", "validated"]

Model = TypeVar("Model", bound=BaseModel)

_BRANCH = re.compile(r"str|Message|list\[.*\]")
"""What pydantic puts into the place of an error for the branch of a union, which is no part of the row."""
SHOWN = 80
"""Characters of a wrong value that an error shows."""


def validated(model: type[Model], row: object, *, path: str | Path | None = None, line: int | None = None) -> Model:
    """Return ``row`` as a ``model``; ``path`` and ``line`` are for the error.

    Raises:
        DataError: the row does not have that shape.
    """
    try:
        return model.model_validate(row)
    except ValidationError as error:
        raise data_error(error, path=path, line=line) from None


def data_error(error: ValidationError, *, path: str | Path | None = None, line: int | None = None) -> DataError:
    """Return the first thing that ``error`` says of a row."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"] if not _BRANCH.fullmatch(str(part)))
    return DataError(_problem(first["type"], first["msg"], first["input"]), path=path, line=line, field=field)


def _problem(kind: str, message: str, found: object) -> str:
    if kind == "missing":
        keys = ", ".join(map(repr, found)) if isinstance(found, dict) else ""
        return f"missing; the row has {keys or 'no fields'}"
    if kind == "extra_forbidden":
        return "unknown field"
    shown = repr(found)
    shown = shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"
    text = message.removeprefix("Value error, ")
    return f"found {shown}, expected: {text[:1].lower()}{text[1:]}"
