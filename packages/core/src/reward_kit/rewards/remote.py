"""A reward that asks a server for its results: one that ``reward-kit serve`` runs, or any that answers as that does.

What the server could not grade, and whatever goes wrong on the way, is *not graded*; the network never makes a score.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reward_kit.clients.credentials import key_of_environment
from reward_kit.clients.http import Answer, HttpClient
from reward_kit.clients.retry import RetryPolicy
from reward_kit.errors import RemoteAnswerError, RemoteError, RemoteStatusError, UsageError
from reward_kit.models import EvaluateResult, Message

__all__ = ["Remote"]

CONNECTIONS = 32
OUR_FAULT = range(400, 500)
BUSY = 429
"""The one client error that says something of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    url: str
    key_env: str | None
    timeout: float
    retries: int
    breaker: int
    pause: float


class Remote:
    """A reward that works wherever a local one does; it pickles, and threads may share it.

    Args:
        url: the server, without ``/evaluate``.
        key_env: the environment variable that holds its key; read when first used, in each process. None: no key.
        timeout: seconds for one grading, retries included.
        retries: how often a request is tried again where that can help (429 and its Retry-After, 5xx, broken
            connections).
        breaker: after how many failures one after the other nothing more is asked for ``pause`` seconds. Rows
            that come in between are not graded at once, instead of each waiting for its timeout.
        pause: see ``breaker``.

    Raises:
        UsageError: the URL or a limit is wrong.

    >>> Remote("http://127.0.0.1:8080", key_env="RK_ENDPOINT_API_KEY")
    Remote('http://127.0.0.1:8080', key_env='RK_ENDPOINT_API_KEY')
    """

    def __init__(
        self,
        url: str,
        key_env: str | None = None,
        *,
        timeout: float = 60.0,
        retries: int = 4,
        breaker: int = 8,
        pause: float = 10.0,
    ) -> None:
        if not timeout > 0 or retries < 0 or breaker < 1 or not pause > 0:
            message = (
                f"found timeout={timeout!r}, retries={retries!r}, breaker={breaker!r} and pause={pause!r}, "
                "expected positive numbers, and retries of at least 0"
            )
            raise UsageError(message)
        self.__name__ = "remote"
        self._settings = _Settings(
            url=url, key_env=key_env, timeout=timeout, retries=retries, breaker=breaker, pause=pause
        )
        HttpClient(url).close()  # refuses a URL that is none
        self._lock = threading.Lock()
        self._client: HttpClient | None = None
        self._breaker = _Breaker(breaker, pause)

    def __call__(
        self,
        messages: Sequence[Message | Mapping[str, Any]],
        *,
        ground_truth: Any = None,  # noqa: ANN401 - whatever the reward behind the server takes
        **kwargs: Any,  # noqa: ANN401 - as above
    ) -> EvaluateResult:
        """Return what the server says of the last of ``messages``."""
        refusal = self._breaker.refusal()
        if refusal is not None:
            return EvaluateResult.not_graded(refusal)
        body = {
            "messages": [Message.model_validate(message).to_wire() for message in messages],
            "ground_truth": ground_truth,
            "kwargs": kwargs,
        }
        try:
            result = self._connected().request("POST", "/evaluate", _result, body=body)
        except RemoteError as error:
            ours = isinstance(error, RemoteStatusError) and error.status in OUR_FAULT and error.status != BUSY
            if ours:
                self._breaker.worked()  # it is there, and answers
            else:
                self._breaker.failed(str(error))
            return EvaluateResult.not_graded(str(error))
        self._breaker.worked()
        return result

    def __reduce__(self) -> tuple[object, ...]:
        # A copy in another process has connections, and counts failures, of its own.
        return _remade, (self._settings,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and other._settings == self._settings

    def __hash__(self) -> int:
        return hash(self._settings)

    def __repr__(self) -> str:
        return f"Remote({self._settings.url!r}, key_env={self._settings.key_env!r})"

    def _connected(self) -> HttpClient:
        with self._lock:
            if self._client is None:
                settings = self._settings
                self._client = HttpClient(
                    settings.url,
                    key=None if settings.key_env is None else key_of_environment(settings.key_env),
                    read_timeout=settings.timeout,
                    retry=RetryPolicy(retries=settings.retries, deadline=settings.timeout),
                    connections=CONNECTIONS,
                )
            return self._client


def _remade(settings: _Settings) -> Remote:
    return Remote(**asdict(settings))


def _result(answer: Answer) -> EvaluateResult:
    try:
        return EvaluateResult.model_validate(answer.json())
    except ValueError as error:
        problem = f"answered no result: {' '.join(str(error).split())[:300]}"
        raise RemoteAnswerError(problem) from error


class _Breaker:
    """Counts failures one after the other; from a limit on it refuses, letting one request through now and then."""

    def __init__(self, limit: int, pause: float) -> None:
        self._limit = limit
        self._pause = pause
        self._lock = threading.Lock()
        self._failures = 0
        self._last = ""
        self._again = 0.0

    def refusal(self) -> str | None:
        """Return why nothing is asked now; None where it is."""
        with self._lock:
            now = time.monotonic()
            if self._failures < self._limit:
                return None
            if now >= self._again:
                self._again = now + self._pause  # this one finds out; the others wait for what it finds
                return None
            return f"not asked: {self._failures} requests failed one after the other, the last one by: {self._last}"

    def failed(self, problem: str) -> None:
        """Count a failure."""
        with self._lock:
            self._failures += 1
            self._last = problem
            self._again = time.monotonic() + self._pause

    def worked(self) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures = 0
