"""The exceptions that reward-kit raises, each with the exit code its command line ends with.

    RewardKitError                     1
    ├── ContractError                  1   an example or a result breaks what it promises
    ├── GradingError (RuntimeError)    1   a reward could not decide: the row is *not graded*
    ├── UsageError (ValueError)        2   an argument or a setting is wrong
    │   └── DataError                  2   a row of a file is wrong; names file:line and the field
    │       └── UnsuitableRowError     2   a row is sound, but not of the kind that the example is about
    ├── PrerequisiteError (RuntimeError) 3 something has to be there first: a key, an engine, a network
    │   └── MissingExtraError (ImportError) 3 an optional dependency is not installed
    └── RemoteError (ConnectionError)  4   a service failed or answered what it should not
        ├── RemoteStatusError          4   it answered an HTTP error status
        │   └── EndpointMissingError   4   404, 405 or 501: it does not have this operation
        └── RemoteAnswerError          4   it answered, but not in the shape that was promised

Messages are one line: what was found, what was expected, what to do. All of them pickle, so that they cross
process borders whole.
"""

from pathlib import Path

__all__ = [
    "ContractError",
    "DataError",
    "EndpointMissingError",
    "GradingError",
    "MissingExtraError",
    "PrerequisiteError",
    "RemoteAnswerError",
    "RemoteError",
    "RemoteStatusError",
    "RewardKitError",
    "UnsuitableRowError",
    "UsageError",
    "require",
]


class RewardKitError(Exception):
    """Base of every error that reward-kit raises on purpose."""

    exit_code = 1


class ContractError(RewardKitError):
    """An example, a reward or a result does not keep what it promises."""


class GradingError(RewardKitError, RuntimeError):
    """Raise this in a reward when it cannot decide: the row is then not graded, and never scored."""


class UsageError(RewardKitError, ValueError):
    """An argument or a setting is wrong."""

    exit_code = 2


class DataError(UsageError):
    """A row of a file is wrong.

    ``path`` and ``line`` (1-based) say where, ``field`` which part of the row, ``problem`` what is the matter.
    """

    def __init__(
        self, problem: str, *, path: str | Path | None = None, line: int | None = None, field: str = ""
    ) -> None:
        self.problem = problem
        self.path = None if path is None else str(path)
        self.line = line
        self.field = field
        super().__init__(problem)

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line) if part is not None)
        return ": ".join(part for part in (place, self.field, self.problem) if part)

    def __reduce__(self) -> tuple[object, ...]:
        return _data_error, (self.problem, self.path, self.line, self.field)


def _data_error(problem: str, path: str | None, line: int | None, field: str) -> DataError:
    return DataError(problem, path=path, line=line, field=field)


class UnsuitableRowError(DataError):
    """A row is sound, but not of the kind that the example is about: ``prepare`` leaves it out and counts ``kind``."""

    def __init__(self, kind: str, detail: str = "", *, path: str | Path | None = None, line: int | None = None) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}" if detail else kind, path=path, line=line)

    def __reduce__(self) -> tuple[object, ...]:
        return _unsuitable_row_error, (self.kind, self.detail, self.path, self.line)


def _unsuitable_row_error(kind: str, detail: str, path: str | None, line: int | None) -> UnsuitableRowError:
    return UnsuitableRowError(kind, detail, path=path, line=line)


class PrerequisiteError(RewardKitError, RuntimeError):
    """Something has to be there first: a key, an engine, a network, a model."""

    exit_code = 3


class MissingExtraError(PrerequisiteError, ImportError):
    """An optional dependency is not installed."""


class RemoteError(RewardKitError, ConnectionError):
    """A service could not be reached, or failed after every retry."""

    exit_code = 4


class RemoteStatusError(RemoteError):
    """A service answered an HTTP error status; ``status`` is that number and ``body`` the start of its text."""

    def __init__(self, message: str, status: int, body: str = "") -> None:
        super().__init__(message, status, body)
        self.message = message
        self.status = status
        self.body = body

    def __str__(self) -> str:
        return self.message


class EndpointMissingError(RemoteStatusError):
    """The service does not have the operation that was asked for."""


class RemoteAnswerError(RemoteError):
    """A service answered, but not in the shape that was promised."""


def require(extra: str, *modules: str) -> None:
    """Fail unless ``modules`` can be imported, naming the ``extra`` of reward-kit-core that brings them.

    Raises:
        MissingExtraError: one of them is not installed.
    """
    from importlib.util import find_spec

    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        names = ", ".join(repr(name) for name in missing)
        message = f"{names} not installed; this needs the extra {extra!r}: pip install 'reward-kit-core[{extra}]'"
        raise MissingExtraError(message)
