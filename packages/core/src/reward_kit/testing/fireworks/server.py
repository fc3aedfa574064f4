"""A Fireworks on this machine, for tests: started, asked over real HTTP, looked at, stopped."""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Literal, Self

from reward_kit.errors import PrerequisiteError, UsageError
from reward_kit.testing.fireworks.chat import MODELS, Chat, ChatBackend, Reasoning
from reward_kit.testing.fireworks.faults import Faults, FaultSchedule
from reward_kit.testing.fireworks.process import Limits
from reward_kit.testing.fireworks.replies import RecordedReplies, Replies
from reward_kit.testing.fireworks.request import RecordedRequest
from reward_kit.testing.fireworks.secret_store import MissingSecretStatus
from reward_kit.testing.fireworks.service import Service
from reward_kit.testing.fireworks.sockets import LocalHttpServer

__all__ = ["FireworksServer"]

_MIB: Final = 1 << 20


class FireworksServer:
    """A local HTTP server that behaves like Fireworks.

    >>> with FireworksServer(replies=[{"prompt": "2 + 2?", "response": "4"}]) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True

    Not covered: images that are built and requirements that are installed (code is compiled and imported, with what is
    installed here), evaluation jobs, fine-tuning jobs, deployments, users, billing, and rate limits of its own.
    """

    def __init__(
        self,
        *,
        api_key: str = "fw_local",
        account_id: str = "local",
        host: str = "127.0.0.1",
        port: int = 0,
        replies: Replies | None = None,
        model: Literal["smollm2"] | None = None,
        reasoning: Reasoning = "inline",
        models: Sequence[str] = MODELS,
        faults: Faults | None = None,
        limits: Limits | None = None,
        missing_secret_status: MissingSecretStatus = 404,
        max_body: int = 150 * _MIB,
    ) -> None:
        """Bind the port; ``start`` or ``with`` begins to answer.

        Chat completions come from ``replies`` or from ``model``; without either, every model is unknown.

        Raises:
            UsageError: both ``replies`` and ``model``, or another model.
            DataError: a row of ``replies`` is wrong.
            PrerequisiteError: the port cannot be had, or the model's wheel or extra is not installed.
        """
        self.api_key = api_key
        self.account_id = account_id
        stopping = threading.Event()
        chat = Chat(_backend(replies, model, stopping), models=models, reasoning=reasoning)
        self._service = Service(
            api_key=api_key,
            account_id=account_id,
            chat=chat,
            limits=limits or Limits(),
            missing_secret_status=missing_secret_status,
            stopping=stopping,
        )
        try:
            self._http = LocalHttpServer(
                host, port, service=self._service, faults=faults or Faults(), max_body=max_body
            )
        except OSError as error:
            message = f"cannot listen on {host}:{port}: {error.strerror}; pass another port, or 0 for a free one"
            raise PrerequisiteError(message) from error
        self._host = host

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<FireworksServer {self.url} account={self.account_id!r}>"

    @property
    def url(self) -> str:
        """The base of the API, as ``http://127.0.0.1:43210``."""
        return f"http://{self._host}:{self._http.server_address[1]}"

    @property
    def requests(self) -> list[RecordedRequest]:
        """What arrived so far, in order."""
        return self._http.recorder.requests

    @property
    def most_in_flight(self) -> int:
        """How many requests were being answered at once, at most."""
        return self._http.recorder.most_in_flight

    @property
    def faults(self) -> Faults:
        """The faults; setting them begins their schedule anew."""
        return self._http.schedule.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._http.schedule = FaultSchedule(faults)

    @property
    def unexpected(self) -> list[BaseException]:
        """Errors of the server itself. There should be none: a bug of its own must not pass for a fault on purpose."""
        return [*self._http.unexpected, *self._service.unexpected]

    def holds_secret(self, secret_id: str, value: str) -> bool:
        """Say whether the account has that secret with that value; the value itself is not kept."""
        return self._service.secrets.holds(secret_id, value)

    def forget(self) -> None:
        """Forget the requests that were recorded."""
        self._http.recorder.clear()

    def start(self) -> None:
        """Begin to answer."""
        self._http.start()

    def stop(self) -> None:
        """Stop, end every connection, and wait until no thread is left."""
        self._http.stop()
        self._service.wait()


def _backend(replies: Replies | None, model: str | None, stopping: threading.Event) -> ChatBackend | None:
    if replies is not None and model is not None:
        message = "found both replies and model, expected one of them to answer chat completions"
        raise UsageError(message)
    if replies is not None:
        return RecordedReplies(replies)
    if model is None:
        return None
    if model != "smollm2":
        message = f"found the local model {model!r}, expected 'smollm2'"
        raise UsageError(message)
    from reward_kit.testing.fireworks.local_model import LocalModel

    return LocalModel(stopping)
