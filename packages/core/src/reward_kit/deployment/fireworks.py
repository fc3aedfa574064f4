"""Deploy an evaluator to Fireworks: create or update it, upload its code, wait until it is built.

Not covered: the platform's own names for a function to run; the entry point is ``main.py::evaluate`` of the bundle.
"""

import gzip
import io
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from reward_kit.clients.credentials import redact
from reward_kit.clients.fireworks import FireworksClient
from reward_kit.clients.http import Answer, HttpClient
from reward_kit.errors import ContractError, PrerequisiteError, RemoteAnswerError, RemoteError, RemoteStatusError
from reward_kit.evaluation.bundle import Bundle

__all__ = ["Deployed", "deploy_evaluator"]

ENTRY_POINT = "main.py::evaluate"
ARCHIVE = "evaluator.tar.gz"
CONFLICT, FORBIDDEN = 409, 403
LOG_END = 4000
"""Characters of a build log that an error shows: its end, where the problem is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """An evaluator that is ready."""

    name: str
    """``accounts/…/evaluators/…``."""
    updated: bool
    """Whether it was there before."""


def deploy_evaluator(
    client: FireworksClient,
    bundle: Bundle,
    evaluator_id: str,
    *,
    display_name: str = "",
    description: str = "",
    poll: float = 2.0,
    deadline: float = 900.0,
    on_state: Callable[[str], None] = lambda _: None,
) -> Deployed:
    """Make ``bundle`` the evaluator ``evaluator_id``, or its new version where that is there; wait until it is built.

    Raises:
        PrerequisiteError: the account may not create evaluators.
        ContractError: the build failed; the message ends with the end of its log.
        RemoteError: the platform failed, or did not finish before the ``deadline`` (seconds).
    """
    path = f"/evaluators/{quote(evaluator_id, safe='')}"
    evaluator = {
        "displayName": display_name or evaluator_id,
        "description": description,
        "requirements": "\n".join(bundle.requirements),
        "entryPoint": ENTRY_POINT,
    }
    updated = _created(client, path, evaluator_id, evaluator)
    _upload(client, path, archive_of(bundle))
    client.ask("POST", f"{path}:validateUpload", body={})
    found = _built(client, path, on_state, poll=poll, deadline=deadline)
    if found["state"] == "ACTIVE":
        return Deployed(name=str(found.get("name", "")), updated=updated)
    said = found.get("status") or {}
    why = redact(str(said.get("message", "no reason given")))
    message = f"the build of {evaluator_id!r} failed: {why}\n{_log(client, path)}"
    raise ContractError(message)


def archive_of(bundle: Bundle) -> bytes:
    """Return the files of ``bundle`` as a tar.gz: the same bundle gives the same bytes."""
    texts = {**bundle.files, "requirements.txt": "".join(f"{line}\n" for line in bundle.requirements)}
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, text in sorted(texts.items()):
            entry = tarfile.TarInfo(name)
            content = text.encode()
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _created(client: FireworksClient, path: str, evaluator_id: str, evaluator: Mapping[str, Any]) -> bool:
    """Create the evaluator, or prepare the one that is there for new code; return whether it was there."""
    body = {"evaluator": {**evaluator, "source": {"type": "TYPE_UPLOAD"}}, "evaluatorId": evaluator_id}
    try:
        client.ask("POST", "/evaluatorsV2", body=body)
    except RemoteStatusError as error:
        if error.status == FORBIDDEN:
            message = (
                f"{error}; creating evaluators takes the admin role of the account here: have an admin's key make the "
                "evaluator once, after which this key may update it, or grade locally with `evaluate`"
            )
            raise PrerequisiteError(message) from None
        if error.status != CONFLICT:
            raise
    else:
        return False
    client.ask("PATCH", f"{path}?prepareCodeUpload=true", body=evaluator)
    return True


def _upload(client: FireworksClient, path: str, archive: bytes) -> None:
    size = str(len(archive))
    answer: object = client.ask("POST", f"{path}:getUploadEndpoint", body={"filenameToSize": {ARCHIVE: size}})
    urls = answer.get("filenameToSignedUrls") if isinstance(answer, dict) else None
    url = _text(urls, ARCHIVE)
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # Another host, and the URL itself is the key to it: none of ours is sent.
    with HttpClient(f"{parts.scheme}://{parts.netloc}") as storage:
        headers = {"X-Goog-Content-Length-Range": f"{size},{size}"}
        storage.request("PUT", target, lambda answer: answer.status, body=archive, headers=headers)


def _built(
    client: FireworksClient, path: str, on_state: Callable[[str], None], *, poll: float, deadline: float
) -> dict[str, Any]:
    end = time.monotonic() + deadline
    last = ""
    while True:
        found: dict[str, Any] = client.ask("GET", path)
        state = str(found.get("state", ""))
        if state != last:
            on_state(state)
            last = state
        if state in {"ACTIVE", "BUILD_FAILED"}:
            return found
        if time.monotonic() > end:
            message = f"the evaluator is still {state or 'without a state'} after {deadline:g} s; ask for it later"
            raise RemoteError(message)
        time.sleep(poll)


def _log(client: FireworksClient, path: str) -> str:
    """Return the end of the build log, or why there is none; the failed build is the error, not this."""
    try:
        url = _text(client.ask("GET", f"{path}:getBuildLogEndpoint"), "buildLogSignedUri")
        parts = urlsplit(url)
        with HttpClient(f"{parts.scheme}://{parts.netloc}") as storage:
            return redact(storage.request("GET", f"{parts.path}?{parts.query}", _body))[-LOG_END:]
    except RemoteError as error:
        return f"(its log cannot be read: {error})"


def _body(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace")


def _text(found: object, name: str) -> str:
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, str):
        message = f"answered without {name!r}, expected a signed URL"
        raise RemoteAnswerError(message)
    return value
