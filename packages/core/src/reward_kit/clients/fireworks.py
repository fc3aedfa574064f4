"""The Fireworks platform: who the key belongs to, and the preview of an evaluator.

Accounts are the outermost name of everything on the platform; where none is given, the platform is asked once whose
the key is.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

from reward_kit.clients.credentials import AUTH_FILE, ApiKey, api_key_from, fireworks_account_id, fireworks_api_key
from reward_kit.clients.http import Answer, HttpClient
from reward_kit.errors import EndpointMissingError, PrerequisiteError, RemoteAnswerError

__all__ = [
    "API_BASE",
    "FireworksClient",
    "InferenceEndpoint",
    "MissingCredentialsError",
    "PreviewAnswer",
    "PreviewRow",
    "connect",
    "fireworks_base",
    "inference_endpoint",
]

T = TypeVar("T")

API_BASE = "https://api.fireworks.ai"


def fireworks_base(environment: Mapping[str, str]) -> str:
    """Return the base URL of the platform: ``FIREWORKS_API_BASE``, else the public one."""
    return environment.get("FIREWORKS_API_BASE", "").strip().rstrip("/") or API_BASE


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceEndpoint:
    """Where chat completions are asked for, and with which key."""

    url: str
    key: ApiKey | None


def inference_endpoint(
    *, base_url: str | None = None, key_name: str | None = None, environment: Mapping[str, str] | None = None
) -> InferenceEndpoint:
    """Return the endpoint at ``base_url``, else that of Fireworks, with the key in the variable ``key_name``.

    The key of Fireworks goes to Fireworks alone (``FIREWORKS_API_BASE`` where that is set); another endpoint gets no
    key unless one is named.

    Raises:
        PrerequisiteError: the named variable is not set.
        MissingCredentialsError: it is Fireworks, and there is no key for it.
    """
    environment = os.environ if environment is None else environment
    platform = fireworks_base(environment)
    url = base_url or f"{platform}/inference/v1"
    if key_name is not None:
        key = api_key_from(environment, key_name)
        if key is None:
            message = f"the variable {key_name!r} is not set, expected the key for {url!r}"
            raise PrerequisiteError(message)
        return InferenceEndpoint(url=url, key=key)
    if urlsplit(url)[:2] != urlsplit(platform)[:2]:
        return InferenceEndpoint(url=url, key=None)
    return InferenceEndpoint(url=url, key=_fireworks_key(None, environment))


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """What the platform said of one sample; None where it said nothing."""

    success: bool | None
    score: float | None
    metrics: Mapping[str, Any]
    """``{name: {"score", "reason", "success"}}``; the reason of a failed one holds its traceback."""
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAnswer:
    """What the platform said of all samples of one request, in their order."""

    rows: tuple[PreviewRow, ...]
    total_samples: int
    total_runtime_ms: int


def connect(
    *,
    api_key: str | None = None,
    account_id: str | None = None,
    base_url: str | None = None,
    environment: Mapping[str, str] | None = None,
    read_timeout: float = 300.0,
) -> "FireworksClient":
    """Return a client with the key, account and base URL that are given, else those of the environment.

    Raises:
        MissingCredentialsError: no key was found, or it is not usable.
        UsageError: the base URL is none.
    """
    environment = os.environ if environment is None else environment
    key = _fireworks_key(api_key, environment)
    http = HttpClient(base_url or fireworks_base(environment), key=key, read_timeout=read_timeout)
    return FireworksClient(http, account_id=account_id or fireworks_account_id(environment, Path.home()))


def _whole(answer: Answer) -> Any:  # noqa: ANN401 - JSON
    value = answer.json()
    if not isinstance(value, dict):
        message = f"answered {answer.status} with {type(value).__name__}, expected an object"
        raise RemoteAnswerError(message)
    return value


class MissingCredentialsError(PrerequisiteError, ValueError):
    """No key was found, or it is not usable; reward-kit 0.4.1 raised a ValueError with these words."""


class FireworksClient:
    """One account on the platform."""

    def __init__(self, http: HttpClient, *, account_id: str | None = None) -> None:
        """Take the platform's HTTP client; without ``account_id`` it is the account that the key belongs to."""
        self._http = http
        self._account_id = account_id

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._http.close()

    def __repr__(self) -> str:
        return f"<FireworksClient {self._http.base_url} account={self._account_id!r}>"

    @property
    def account_id(self) -> str:
        """The account.

        Raises:
            RemoteStatusError: the key is not valid.
            RemoteAnswerError: the service does not say whose key it is.
        """
        if self._account_id is None:
            try:
                self._account_id = self._http.request("GET", "/verifyApiKey", _account)
            except EndpointMissingError as error:
                said = error.message.rpartition("; ")[0]
                message = f"{said}; this service cannot say whose key it is: set FIREWORKS_ACCOUNT_ID"
                raise EndpointMissingError(message, error.status, error.body) from None
        return self._account_id

    def ask(
        self,
        method: str,
        path: str,
        read: Callable[[Answer], T] = _whole,
        *,
        body: object = None,
        retry_conflicts: bool = False,
    ) -> T:
        """Send a request below the account, such as ``/secrets``, and return what ``read`` makes of the answer.

        Raises:
            RemoteError: as ``HttpClient.request`` does.
        """
        whole = f"/v1/accounts/{quote(self.account_id, safe='')}{path}"
        return self._http.request(method, whole, read, body=body, retry_conflicts=retry_conflicts)

    def preview_evaluator(
        self, evaluator: Mapping[str, Any], samples: Sequence[str], *, max_samples: int | None = None
    ) -> PreviewAnswer:
        """Have the platform run ``evaluator`` on ``samples`` (JSON texts) without keeping it.

        Raises:
            EndpointMissingError: this service has no previewEvaluator.
            RemoteError: the service failed or answered something else.
        """
        limit = len(samples) if max_samples is None else min(max_samples, len(samples))
        body = {"evaluator": evaluator, "sampleData": list(samples), "maxSamples": limit}
        path = "/evaluators:previewEvaluator"
        return self.ask("POST", path, lambda answer: _preview(answer, limit), body=body, retry_conflicts=True)


def _fireworks_key(given: str | None, environment: Mapping[str, str]) -> ApiKey:
    try:
        key = ApiKey(value=given.strip(), name="api_key") if given else fireworks_api_key(environment, Path.home())
    except PrerequisiteError as error:
        message = f"Invalid or missing API credentials. {error}"
        raise MissingCredentialsError(message) from None
    if key is None:
        message = (
            f"Missing Fireworks Account ID or API Key. Set FIREWORKS_API_KEY, or write 'api_key = …' into ~/{AUTH_FILE}"
        )
        raise MissingCredentialsError(message)
    return key


def _account(answer: Answer) -> str:
    account = answer.headers.get("x-fireworks-account-id", "").strip()
    if not account:
        message = "answered without the header x-fireworks-account-id; name the account instead"
        raise RemoteAnswerError(message)
    return account


def _preview(answer: Answer, count: int) -> PreviewAnswer:
    value = answer.json()
    results = value.get("results") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(results, list):
        message = f"answered {answer.status} without results, expected {count} of them"
        raise RemoteAnswerError(message)
    if len(results) != count or not all(isinstance(result, dict) for result in results):
        message = f"answered {len(results)} results for {count} samples"
        raise RemoteAnswerError(message)
    return PreviewAnswer(
        rows=tuple(_row(result) for result in results),
        total_samples=_whole_number(value.get("totalSamples"), default=count),
        total_runtime_ms=_whole_number(value.get("totalRuntimeMs"), default=0),
    )


def _row(result: Mapping[str, Any]) -> PreviewRow:
    success, score, metrics, reason = (result.get(name) for name in ("success", "score", "perMetricEvals", "reason"))
    if isinstance(score, bool) or not isinstance(score, int | float | None):
        message = f"answered the score {score!r}, expected a number"
        raise RemoteAnswerError(message)
    return PreviewRow(
        success=success if isinstance(success, bool) else None,
        score=None if score is None else float(score),
        metrics=metrics if isinstance(metrics, dict) else {},
        reason=reason if isinstance(reason, str) else None,
    )


def _whole_number(value: object, *, default: int) -> int:
    """Return an int64, which the platform's JSON writes as a string."""
    try:
        return int(value) if isinstance(value, str | int) else default
    except ValueError:
        return default
