"""Replies kept on disk, so that the same request is asked, and paid for, once.

One small file per reply, named by the sha256 of the whole request; written whole or not at all. A file that cannot
be read is a miss, and a folder that cannot be written costs a warning: the cache is never why a run fails.
"""

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["ReplyCache", "request_digest"]

logger = logging.getLogger(__name__)


def request_digest(request: Mapping[str, Any]) -> str:
    """Return the sha256 of the canonical JSON of ``request``: the same for equal content in any order of keys."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


class ReplyCache:
    """A folder of replies. Threads and processes may share it."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._told = False

    def get(self, digest: str) -> dict[str, Any] | None:
        """Return what was put under ``digest``, or None."""
        path = self._path(digest)
        try:
            entry = json.loads(path.read_bytes())
            if entry["request"] == digest and isinstance(entry["reply"], dict):
                return dict(entry["reply"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        logger.warning("the cached reply %s cannot be read and is asked for again", path)
        return None

    def put(self, digest: str, reply: Mapping[str, Any]) -> None:
        """Keep ``reply`` under ``digest``."""
        path = self._path(digest)
        try:
            self._prepare(path.parent)
            # Beside its place, so that renaming it is atomic: no reader ever sees half of a file.
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(json.dumps({"request": digest, "reply": dict(reply)}, allow_nan=False).encode())
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            if not self._told:
                self._told = True
                logger.warning("cannot write the cached reply %s: %s; going on without", path, error.strerror)

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.json"

    def _prepare(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            # Like other tools' caches, it keeps itself out of version control.
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
