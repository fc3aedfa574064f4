"""Evaluators: the old kind, which is its code snippets, and V2, whose project is uploaded and built.

Not covered: building from GitHub (501), versions and revisions; an old evaluator is not tried out when it is created.
"""

import threading
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from reward_kit.testing.fireworks.answers import Answer, Refusal, json_answer
from reward_kit.testing.fireworks.builds import build
from reward_kit.testing.fireworks.collection import Collection, checked_id, now
from reward_kit.testing.fireworks.listing import list_answer, masked
from reward_kit.testing.fireworks.preview import preview
from reward_kit.testing.fireworks.process import Runtime
from reward_kit.testing.fireworks.request import Request
from reward_kit.testing.fireworks.routing import Route
from reward_kit.testing.fireworks.storage import Storage, checked_filename
from reward_kit.testing.fireworks.wire import CreateEvaluator, Evaluator, UploadEndpoint, parse

__all__ = ["Evaluators"]

_OK: Final = {"code": "OK", "message": ""}
_REBUILT_BY: Final = ("requirements", "entryPoint")
_OF_THE_OLD_KIND: Final = {"multi_metrics", "rollup_settings"}
_OF_V2: Final = {"commit_hash", "default_dataset", "entry_point", "source"}


@dataclass(slots=True)
class _Held:
    wire: dict[str, Any]
    objects: dict[str, str] = field(default_factory=dict)
    """The names of the uploaded files and where they are stored."""
    log: str | None = None
    """Where the log of the last build is stored."""
    attempt: int = 0
    """Counts the builds, so that one that was overtaken says nothing."""


class Evaluators:
    """The evaluators of an account."""

    def __init__(self, account_id: str, storage: Storage, runtime: Runtime) -> None:
        self._account_id = account_id
        self._storage = storage
        self._runtime = runtime
        self._evaluators = Collection[_Held]("evaluator")
        self._builds: list[threading.Thread] = []

    def routes(self) -> list[Route]:
        """Return the operations."""
        base = "/v1/accounts/{account}/evaluators"
        one = base + "/{evaluator}"
        return [
            Route("POST", base + ":previewEvaluator", "PreviewEvaluator", self._preview),
            Route("POST", base, "CreateEvaluator", self._create),
            Route("POST", base + "V2", "CreateEvaluatorV2", self._create_v2),
            Route("GET", base, "ListEvaluators", self._list),
            Route("GET", one, "GetEvaluator", self._get),
            Route("PATCH", one, "UpdateEvaluator", self._update),
            Route("DELETE", one, "DeleteEvaluator", self._delete),
            Route("POST", one + ":getUploadEndpoint", "GetEvaluatorUploadEndpoint", self._upload_endpoint),
            Route("POST", one + ":validateUpload", "ValidateEvaluatorUpload", self._validate),
            Route("GET", one + ":getBuildLogEndpoint", "GetEvaluatorBuildLogEndpoint", self._log_endpoint),
            Route("GET", one + ":getSourceCodeSignedUrl", "GetEvaluatorSourceCodeEndpoint", self._source_endpoint),
        ]

    def wait(self) -> None:
        """Wait until no build is running."""
        for thread in self._builds:
            thread.join()

    def _preview(self, request: Request) -> Answer:
        return preview(request, self._runtime)

    def _create(self, request: Request) -> Answer:
        asked = parse(CreateEvaluator, request.json_object())
        return json_answer(self._added(asked, asked.evaluator.sent(exclude=_OF_V2), "ACTIVE"))

    def _create_v2(self, request: Request) -> Answer:
        asked = parse(CreateEvaluator, request.json_object())
        if asked.evaluator.source.type == "TYPE_GITHUB":
            message = "evaluator.source.type: the local server does not build from GitHub"
            raise Refusal(message, "UNIMPLEMENTED")
        return json_answer(self._added(asked, asked.evaluator.sent(exclude=_OF_THE_OLD_KIND), "BUILDING"))

    def _added(self, asked: CreateEvaluator, sent: dict[str, Any], state: str) -> dict[str, Any]:
        evaluator_id = checked_id(asked.evaluator_id or f"evaluator-{uuid4().hex[:12]}", "evaluatorId")
        wire = {
            **sent,
            "name": f"accounts/{self._account_id}/evaluators/{evaluator_id}",
            "createTime": now(),
            "updateTime": now(),
            "createdBy": f"{self._account_id}@example.com",
            "state": state,
            "status": _OK,
        }
        self._evaluators.add(evaluator_id, _Held(wire))
        return wire

    def _list(self, request: Request) -> Answer:
        with self._evaluators.all() as held:
            return list_answer("evaluators", [evaluator.wire for evaluator in held], request.query)

    def _get(self, request: Request, *, evaluator: str) -> Answer:
        with self._evaluators.changing(evaluator) as held:
            return json_answer(masked(held.wire, request.query))

    def _update(self, request: Request, *, evaluator: str) -> Answer:
        sent = parse(Evaluator, request.json_object()).sent(exclude={*_OF_THE_OLD_KIND, "source"})
        mask = {name for name in request.query.get("updateMask", "").split(",") if name}
        changes = {name: value for name, value in sent.items() if not mask or name in mask}
        with self._evaluators.changing(evaluator) as held:
            rebuild = any(held.wire.get(name, "") != changes.get(name, held.wire.get(name, "")) for name in _REBUILT_BY)
            held.wire.update(changes, updateTime=now())
            if request.query.get("prepareCodeUpload", "").lower() == "true":
                held.attempt += 1
                held.wire.update(state="BUILDING", status=_OK)
            elif rebuild and held.objects:
                self._start_build(evaluator, held)
            return json_answer(held.wire)

    def _delete(self, request: Request, *, evaluator: str) -> Answer:  # noqa: ARG002 - a handler
        held = self._evaluators.remove(evaluator)
        for object_id in (*held.objects.values(), held.log or ""):
            self._storage.forget(object_id)
        return json_answer({})

    def _upload_endpoint(self, request: Request, *, evaluator: str) -> Answer:
        asked = parse(UploadEndpoint, request.json_object())
        with self._evaluators.changing(evaluator) as held:
            if held.wire["state"] != "BUILDING":
                message = f"evaluator {evaluator!r} is {held.wire['state']}; PATCH it with prepareCodeUpload=true first"
                raise Refusal(message, "FAILED_PRECONDITION")
            names = [checked_filename(name) for name in asked.filename_to_size]
            if len(names) != 1 or not names[0].endswith(".tar.gz"):
                message = f"filenameToSize: found {names}, expected one .tar.gz"
                raise Refusal(message)
            held.objects = {name: self._storage.reserve(asked.filename_to_size[name]) for name in names}
            urls = {name: self._storage.signed_url(request, "PUT", held.objects[name], name) for name in names}
        return json_answer({"filenameToSignedUrls": urls})

    def _validate(self, request: Request, *, evaluator: str) -> Answer:  # noqa: ARG002 - a handler
        with self._evaluators.changing(evaluator) as held:
            if not held.objects or None in map(self._storage.content, held.objects.values()):
                message = f"evaluator {evaluator!r}: found no upload; PUT the archive to its signed URL first"
                raise Refusal(message, "FAILED_PRECONDITION")
            self._start_build(evaluator, held)
        return json_answer({})

    def _log_endpoint(self, request: Request, *, evaluator: str) -> Answer:
        with self._evaluators.changing(evaluator) as held:
            if held.log is None:
                message = f"evaluator {evaluator!r} has no build log yet"
                raise Refusal(message, "NOT_FOUND")
            return json_answer({"buildLogSignedUri": self._storage.signed_url(request, "GET", held.log, "build.log")})

    def _source_endpoint(self, request: Request, *, evaluator: str) -> Answer:
        with self._evaluators.changing(evaluator) as held:
            if not held.objects or None in map(self._storage.content, held.objects.values()):
                message = f"evaluator {evaluator!r} has no uploaded source code"
                raise Refusal(message, "NOT_FOUND")
            objects = held.objects.items()
            urls = {name: self._storage.signed_url(request, "GET", object_id, name) for name, object_id in objects}
        return json_answer({"filenameToSignedUrls": urls})

    def _start_build(self, evaluator_id: str, held: _Held) -> None:
        held.attempt += 1
        held.wire.update(state="BUILDING", status=_OK)
        archive = next(content for content in map(self._storage.content, held.objects.values()) if content is not None)
        arguments = (evaluator_id, held.attempt, archive, dict(held.wire))
        thread = threading.Thread(target=self._build, args=arguments, name=f"build-{evaluator_id}", daemon=True)
        self._builds = [running for running in self._builds if running.is_alive()] + [thread]
        thread.start()

    def _build(self, evaluator_id: str, attempt: int, archive: bytes, wire: dict[str, Any]) -> None:
        result = build(
            archive,
            entry_point=wire.get("entryPoint") or "",
            requirements=wire.get("requirements") or "",
            runtime=self._runtime,
        )
        try:
            with self._evaluators.changing(evaluator_id) as held:
                if held.attempt != attempt:
                    return
                held.log = self._storage.keep(result.log.encode())
                failed = {"code": "INVALID_ARGUMENT", "message": f"build failed: {result.problem}"}
                held.wire.update(state="BUILD_FAILED" if result.problem else "ACTIVE", updateTime=now())
                held.wire.update(status=failed if result.problem else _OK)
        except Refusal:
            return  # It was deleted meanwhile.
