"""One HTTP session: JSON in and out, retried where that can help, bounded in time, silent about keys.

Every failure becomes one of the ``RemoteError`` tree with a one-line message: who was asked, what came back, what
to do. Redirects are not followed, so that a key goes to no other place than the one that was named; ``.netrc`` is
not read. Proxies and certificate bundles of the environment are honoured.

Not covered: a service that sends its status line and headers one byte at a time can outlast the deadline.
"""

import json
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import NoReturn, Self, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError as TransportError

from reward_kit import __version__
from reward_kit.clients.credentials import ApiKey, redact
from reward_kit.clients.explain import advice_for, cause_text, root_cause, server_message
from reward_kit.clients.retry import Failure, RetryPolicy, Timing, asked_wait, is_transient
from reward_kit.errors import RemoteAnswerError, UsageError

__all__ = ["Answer", "HttpClient"]

T = TypeVar("T")
logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024 * 1024
LONGEST_ERROR = 64 * 1024
UNREACHED_RETRIES = 2
"""A service that was never there is most likely misnamed: say so soon, not after every retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer of status 2xx."""

    status: int
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    body: bytes

    def json(self) -> object:
        """Return the body as plain data; half surrogate pairs in it become U+FFFD.

        Raises:
            RemoteAnswerError: it is not JSON, does not say so, or has NaN or infinity in it.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and kind != "application/json" and not kind.endswith("+json"):
            message = f"answered {self.status} with content type {kind!r}, expected application/json"
            raise RemoteAnswerError(message)
        try:
            value = json.loads(self.body, parse_constant=_refuse_constant)
            return _whole_characters(value) if b"\\ud" in self.body.lower() else value
        except (ValueError, RecursionError) as error:
            message = f"answered {self.status} with a body of {len(self.body)} bytes that is not whole JSON"
            raise RemoteAnswerError(message) from error


class HttpClient:
    """Send requests to one service. Threads may share it; connections are kept and used again."""

    def __init__(
        self,
        base_url: str,
        *,
        key: ApiKey | None = None,
        connect_timeout: float = 10.0,
        read_timeout: float = 120.0,
        retry: RetryPolicy | None = None,
        timing: Timing | None = None,
        connections: int = 8,
    ) -> None:
        self.base_url = _checked_base_url(base_url)
        self._key = key
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._retry = retry or RetryPolicy()
        self._timing = timing or Timing()
        self._reached = False
        self._session = requests.Session()
        self._session.auth = _Bearer(key)
        self._session.headers.update({"User-Agent": f"reward-kit/{__version__}", "Accept": "application/json"})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def __repr__(self) -> str:
        return f"HttpClient({self.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._session.close()

    def request(
        self,
        method: str,
        path: str,
        read: Callable[[Answer], T],
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        retry_conflicts: bool = False,
    ) -> T:
        """Send one request, again where that can help, and return what ``read`` makes of the answer.

        A ``read`` that raises RemoteAnswerError makes the answer a failure like a broken connection: it is asked
        for again. ``body`` is sent as JSON, bytes as they are. 409 is tried again only with ``retry_conflicts``: for
        a create it means that the thing exists.

        Raises:
            EndpointMissingError: the service answered 404, 405 or 501.
            RemoteStatusError: it answered another status that is not 2xx.
            RemoteAnswerError: it kept answering in a shape that was not promised.
            RemoteError: it could not be reached, or cut every answer short.
        """
        call = _Call(
            method=method,
            url=self.base_url + path,
            body=body if body is None or isinstance(body, bytes) else json.dumps(body, allow_nan=False).encode(),
            headers={**({} if body is None else {"Content-Type": _kind(body)}), **(headers or {})},
            retry_conflicts=retry_conflicts,
        )
        deadline = self._timing.monotonic() + self._retry.deadline
        attempt = 1
        while True:
            try:
                return read(self._exchange(call, deadline))
            except _AttemptError as error:
                failure = error.failure
            except RemoteAnswerError as error:
                failure = Failure(problem=self._clean(f"{call} {error}"), transient=True, answered=True)
            # Out of the handlers, so that what is raised does not drag along exceptions with unredacted text.
            wait = self._wait(failure, attempt, deadline)
            if wait is None:
                raise failure.error(attempt)
            logger.info("%s; attempt %d failed, trying again in %.2f s", failure.problem, attempt, wait)
            self._timing.sleep(wait)
            attempt += 1

    def _wait(self, failure: Failure, attempt: int, deadline: float) -> float | None:
        if failure.unreachable and not self._reached and attempt > UNREACHED_RETRIES:
            return None
        left = deadline - self._timing.monotonic()
        return self._retry.wait(failure, attempt=attempt, left=left, dice=self._timing.dice)

    def _exchange(self, call: "_Call", deadline: float) -> Answer:
        left = max(0.001, deadline - self._timing.monotonic())
        try:
            with self._session.request(
                call.method,
                call.url,
                data=call.body,
                headers=dict(call.headers),
                timeout=(min(self._connect_timeout, left), min(self._read_timeout, left)),
                allow_redirects=False,
                stream=True,
            ) as response:
                self._reached = True
                body = self._body(response, deadline)
        except (requests.exceptions.RequestException, TransportError) as error:
            raise _AttemptError(self._broken(call, error)) from error
        if not 200 <= response.status_code < 300:  # noqa: PLR2004 - success
            raise _AttemptError(self._refused(call, response, body))
        return Answer(status=response.status_code, headers=response.headers, body=body)

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        body = bytearray()
        # read1 returns what is there, so that a body that trickles in cannot outlast the deadline.
        while chunk := response.raw.read1(65536, decode_content=True):
            body += chunk
            if len(body) > LARGEST_BODY:
                message = f"a body longer than {LARGEST_BODY} bytes"
                raise requests.exceptions.RequestException(message)
            if self._timing.monotonic() > deadline:
                message = f"the body was not whole within {self._retry.deadline:g} s"
                raise requests.exceptions.RequestException(message)
        return bytes(body)

    def _refused(self, call: "_Call", response: requests.Response, body: bytes) -> Failure:
        status = response.status_code
        text = self._clean(body.decode("utf-8", "replace"))
        said = self._clean(server_message(text, response.headers.get("content-type", "")))
        answered = f"{call} answered {status} {response.reason or ''}".rstrip()
        return Failure(
            problem=self._clean(answered) + (f": {said!r}" if said else ""),
            advice=advice_for(status, said, self._key.name if self._key else None),
            transient=is_transient(status, response.headers, retry_conflicts=call.retry_conflicts),
            wait=asked_wait(response.headers, now=self._timing.wall()),
            status=status,
            body=text[:LONGEST_ERROR],
        )

    def _broken(self, call: "_Call", error: Exception) -> Failure:
        root = root_cause(error)
        untrusted = isinstance(root, ssl.SSLCertVerificationError)
        return Failure(
            problem=self._clean(f"{call} failed: {cause_text(error)}"),
            advice="check the service's certificate" if untrusted else "check the URL and that the service is running",
            # requests derives what is wrong with the request itself, such as an impossible URL, from ValueError.
            transient=not untrusted and not isinstance(error, ValueError),
            unreachable=isinstance(root, ConnectionRefusedError | socket.gaierror),
        )

    def _clean(self, text: str) -> str:
        return redact(text, self._key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    method: str
    url: str
    body: bytes | None
    headers: Mapping[str, str]
    retry_conflicts: bool

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


class _AttemptError(Exception):
    """One attempt failed; never leaves this module."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.problem)
        self.failure = failure


class _Bearer(AuthBase):
    """Send the key, or none; having an ``auth`` at all keeps requests from reading ``.netrc``."""

    def __init__(self, key: ApiKey | None) -> None:
        self._key = key

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key is not None:
            r.headers["Authorization"] = f"Bearer {self._key.value}"
        return r


def _kind(body: object) -> str:
    return "application/octet-stream" if isinstance(body, bytes) else "application/json"


def _checked_base_url(base_url: str) -> str:
    url = base_url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or "@" in parts.netloc:
        message = f"found the base URL {redact(base_url)!r}, expected http(s)://host[:port][/path] and nothing more"
        raise UsageError(message)
    return url


def _refuse_constant(name: str) -> NoReturn:
    message = f"found {name}"
    raise ValueError(message)


def _whole_characters(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {str(_whole_characters(key)): _whole_characters(item) for key, item in value.items()}
    return value
