"""Data sets: created, uploaded in one request or through signed URLs, checked, counted and handed out again.

What was uploaded is looked at: it has to be JSON lines, of conversations where the format is CHAT, and
``exampleCount`` is the number of its rows whatever the client declared.

Not covered: ``sourceDatasetId``, ``externalUrl``, lineage, splitting and transforming; token counts.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from reward_kit.testing.fireworks.answers import Answer, Refusal, json_answer
from reward_kit.testing.fireworks.collection import Collection, checked_id, now
from reward_kit.testing.fireworks.listing import list_answer, masked
from reward_kit.testing.fireworks.multipart import uploaded_file
from reward_kit.testing.fireworks.request import Request
from reward_kit.testing.fireworks.routing import Route
from reward_kit.testing.fireworks.storage import Storage, checked_filename
from reward_kit.testing.fireworks.wire import CreateDataset, Dataset, UploadEndpoint, parse

__all__ = ["Datasets"]

_ID: Final = r"[a-z0-9-]{0,62}[a-z0-9]"


@dataclass(slots=True)
class _Held:
    wire: dict[str, Any]
    objects: dict[str, str] = field(default_factory=dict)
    """File names and where they are stored."""


class Datasets:
    """The data sets of an account."""

    def __init__(self, account_id: str, storage: Storage) -> None:
        self._account_id = account_id
        self._storage = storage
        self._datasets = Collection[_Held]("dataset")

    def routes(self) -> list[Route]:
        """Return the operations."""
        base = "/v1/accounts/{account}/datasets"
        one = base + "/{dataset}"
        return [
            Route("POST", base, "CreateDataset", self._create),
            Route("GET", base, "ListDatasets", self._list),
            Route("GET", one, "GetDataset", self._get),
            Route("PATCH", one, "UpdateDataset", self._update),
            Route("DELETE", one, "DeleteDataset", self._delete),
            Route("POST", one + ":upload", "UploadDataset", self._upload),
            Route("POST", one + ":getUploadEndpoint", "GetDatasetUploadEndpoint", self._upload_endpoint),
            Route("POST", one + ":validateUpload", "ValidateDatasetUpload", self._validate),
            Route("GET", one + ":getDownloadEndpoint", "GetDatasetDownloadEndpoint", self._download_endpoint),
        ]

    def _create(self, request: Request) -> Answer:
        asked = parse(CreateDataset, request.json_object())
        dataset_id = checked_id(asked.dataset_id, "datasetId", _ID)
        wire = {
            "name": f"accounts/{self._account_id}/datasets/{dataset_id}",
            "displayName": asked.dataset.display_name,
            "createTime": now(),
            "updateTime": now(),
            "createdBy": f"{self._account_id}@example.com",
            "state": "UPLOADING",
            "status": {"code": "OK", "message": ""},
            "exampleCount": str(asked.dataset.example_count),
            "format": asked.dataset.format,
        }
        kinds = {"user_uploaded", "eval_protocol"}
        wire.update(asked.dataset.model_dump(by_alias=True, include=kinds, exclude_none=True))
        self._datasets.add(dataset_id, _Held(wire))
        return json_answer(wire)

    def _list(self, request: Request) -> Answer:
        with self._datasets.all() as held:
            return list_answer("datasets", [dataset.wire for dataset in held], request.query)

    def _get(self, request: Request, *, dataset: str) -> Answer:
        with self._datasets.changing(dataset) as held:
            return json_answer(masked(held.wire, request.query))

    def _update(self, request: Request, *, dataset: str) -> Answer:
        sent = request.json_object()
        asked = parse(Dataset, sent)
        with self._datasets.changing(dataset) as held:
            if "displayName" in sent:
                held.wire["displayName"] = asked.display_name
            held.wire["updateTime"] = now()
            return json_answer(held.wire)

    def _delete(self, request: Request, *, dataset: str) -> Answer:  # noqa: ARG002 - a handler
        for object_id in self._datasets.remove(dataset).objects.values():
            self._storage.forget(object_id)
        return json_answer({})

    def _upload(self, request: Request, *, dataset: str) -> Answer:
        with self._datasets.changing(dataset) as held:
            _require_state(held, "UPLOADING")
            file = uploaded_file(request, "file")
            self._accept(held, {file.name: file.content})
            held.objects = {file.name: self._storage.keep(file.content)}
        return json_answer(
            {
                "id": dataset,
                "bytes": len(file.content),
                "created_at": int(time.time()),
                "filename": file.name,
                "object": "file",
                "purpose": "fine-tune",
            }
        )

    def _upload_endpoint(self, request: Request, *, dataset: str) -> Answer:
        asked = parse(UploadEndpoint, request.json_object())
        with self._datasets.changing(dataset) as held:
            _require_state(held, "UPLOADING")
            names = [checked_filename(name) for name in asked.filename_to_size]
            held.objects = {name: self._storage.reserve(asked.filename_to_size[name]) for name in names}
            urls = {name: self._storage.signed_url(request, "PUT", held.objects[name], name) for name in names}
        return json_answer({"filenameToSignedUrls": urls})

    def _validate(self, request: Request, *, dataset: str) -> Answer:  # noqa: ARG002 - a handler
        with self._datasets.changing(dataset) as held:
            _require_state(held, "UPLOADING")
            contents = {name: self._storage.content(object_id) for name, object_id in held.objects.items()}
            present = {name: content for name, content in contents.items() if content is not None}
            if not present or len(present) < len(contents):
                missing = sorted(set(contents) - set(present)) or "any file"
                message = f"dataset {dataset!r}: found no upload of {missing}"
                raise Refusal(message, "FAILED_PRECONDITION")
            self._accept(held, present)
        return json_answer({})

    def _download_endpoint(self, request: Request, *, dataset: str) -> Answer:
        with self._datasets.changing(dataset) as held:
            _require_state(held, "READY")
            objects = held.objects.items()
            urls = {name: self._storage.signed_url(request, "GET", object_id, name) for name, object_id in objects}
        return json_answer({"filenameToSignedUrls": urls})

    def _accept(self, held: _Held, files: dict[str, bytes]) -> None:
        rows = sum(_count(name, content.splitlines(), held.wire["format"]) for name, content in files.items())
        held.wire.update(exampleCount=str(rows), state="READY", updateTime=now())


def _require_state(held: _Held, state: str) -> None:
    if held.wire["state"] != state:
        message = f"found {held.wire['name']} in the state {held.wire['state']}, expected {state}"
        raise Refusal(message, "FAILED_PRECONDITION")


def _count(name: str, lines: Iterable[bytes], form: str) -> int:
    rows = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        rows += 1
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            message = f"{name}:{number}: not valid JSON: {error}"
            raise Refusal(message) from error
        if not isinstance(row, dict) or (form == "CHAT" and not isinstance(row.get("messages"), list)):
            message = f"{name}:{number}: expected a JSON object{' with a list of messages' if form == 'CHAT' else ''}"
            raise Refusal(message)
    if not rows:
        message = f"{name}: found no rows"
        raise Refusal(message)
    return rows
