"""The service behind the socket: who is asking, which operation, and the answer or the error in the right shape."""

import hmac
import threading

from reward_kit.testing.fireworks.answers import Answer, Refusal, error_answer, json_answer
from reward_kit.testing.fireworks.chat import Chat
from reward_kit.testing.fireworks.datasets import Datasets
from reward_kit.testing.fireworks.evaluators import Evaluators
from reward_kit.testing.fireworks.process import Limits, Runtime
from reward_kit.testing.fireworks.request import Request
from reward_kit.testing.fireworks.routing import Route, Router
from reward_kit.testing.fireworks.secret_store import MissingSecretStatus, Secrets
from reward_kit.testing.fireworks.storage import Storage

__all__ = ["Service"]


class Service:
    """Answers requests; never raises."""

    def __init__(
        self,
        *,
        api_key: str,
        account_id: str,
        chat: Chat,
        limits: Limits,
        missing_secret_status: MissingSecretStatus,
        stopping: threading.Event,
    ) -> None:
        self._api_key = api_key
        self._account_id = account_id
        self.stopping = stopping
        self._storage = Storage()
        self.secrets = Secrets(account_id, missing_status=missing_secret_status)
        runtime = Runtime(limits=limits, stopping=stopping, environment=self.secrets.environment)
        self._evaluators = Evaluators(account_id, self._storage, runtime)
        self._datasets = Datasets(account_id, self._storage)
        self.unexpected: list[BaseException] = []
        self._router = Router(self._routes(chat))

    def wait(self) -> None:
        """Wait for what runs in the background; it ends soon once ``stopping`` is set."""
        self._evaluators.wait()

    def answer(self, request: Request) -> Answer:
        """Answer ``request``."""
        inference = self.is_inference(request.path)
        try:
            return self._dispatch(request)
        except Refusal as refusal:
            return error_answer(refusal, inference=inference)
        except Exception as error:  # noqa: BLE001 - a bug here must not look like a fault on purpose: it is kept
            self.unexpected.append(error)
            return error_answer(Refusal(f"{type(error).__name__}: {error}", "INTERNAL"), inference=inference)

    def is_inference(self, path: str) -> bool:
        """Say whether ``path`` belongs to the inference API, whose errors have another shape."""
        return path.startswith("/inference/") or path in {"/v1/chat/completions", "/v1/models"}

    def operation(self, request: Request) -> str:
        """Return the name of the operation that ``request`` asks for."""
        try:
            return self._router.match(request.method, request.path).route.operation
        except Refusal:
            return f"{request.method} {request.path}"

    def _dispatch(self, request: Request) -> Answer:
        if not request.path.startswith("/storage/"):  # a signed URL is authority enough
            self._authenticate(request)
        match = self._router.match(request.method, request.path)
        fields = dict(match.fields)
        if fields.pop("account", self._account_id) != self._account_id:
            message = f"account {match.fields['account']!r} not found"
            raise Refusal(message, "NOT_FOUND")
        return match.route.handler(request, **fields)

    def _authenticate(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(key.encode(), self._api_key.encode()):
            message = "the API key is missing or invalid; expected 'Authorization: Bearer <key>'"
            raise Refusal(message, "UNAUTHENTICATED")

    def _routes(self, chat: Chat) -> list[Route]:
        return [
            Route("GET", "/verifyApiKey", "VerifyApiKey", self._verify),
            Route("PUT", "/storage/{object_id}/{filename}", "PutObject", self._storage.put),
            Route("GET", "/storage/{object_id}/{filename}", "GetObject", self._storage.get),
            *self._evaluators.routes(),
            *self.secrets.routes(),
            *self._datasets.routes(),
            *chat.routes(),
        ]

    def _verify(self, request: Request) -> Answer:  # noqa: ARG002 - a handler
        return json_answer({}, headers={"x-fireworks-account-id": self._account_id})
