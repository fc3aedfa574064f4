"""The object storage behind signed URLs: what is uploaded lies here, and a URL opens one object for one purpose.

As with the real storage, the URL is all the authority there is; its errors are XML; an upload has to repeat the
headers that were signed, ``Content-Type`` and ``X-Goog-Content-Length-Range``, and must have exactly the signed size.
"""

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass
from re import fullmatch
from typing import Final, Literal
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from reward_kit.testing.fireworks.answers import Answer, Refusal
from reward_kit.testing.fireworks.request import Request

__all__ = ["Storage", "checked_filename"]

_VALID_SECONDS: Final = 3600
_OCTETS: Final = "application/octet-stream"


@dataclass(slots=True)
class _Object:
    size: int
    content: bytes | None = None


class Storage:
    """Objects by an unguessable id."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._objects: dict[str, _Object] = {}

    def reserve(self, size: int) -> str:
        """Make room for an object of ``size`` bytes; return its id."""
        return self._add(_Object(size))

    def keep(self, content: bytes) -> str:
        """Store an object; return its id."""
        return self._add(_Object(len(content), content))

    def content(self, object_id: str) -> bytes | None:
        """Return what was uploaded, None while nothing was."""
        with self._lock:
            held = self._objects.get(object_id)
            return None if held is None else held.content

    def forget(self, object_id: str) -> None:
        """Delete an object."""
        with self._lock:
            self._objects.pop(object_id, None)

    def signed_url(self, request: Request, method: Literal["GET", "PUT"], object_id: str, filename: str) -> str:
        """Return the URL, on the host that ``request`` reached, that opens the object for ``method``."""
        expires = str(int(time.time()) + _VALID_SECONDS)
        signature = self._signature(method, object_id, filename, expires)
        query = urlencode({"X-Goog-Algorithm": "HMAC-SHA256", "X-Goog-Expires": expires, "X-Goog-Signature": signature})
        return f"http://{request.headers.get('host', 'localhost')}/storage/{object_id}/{quote(filename)}?{query}"

    def put(self, request: Request, *, object_id: str, filename: str) -> Answer:
        """Take an upload."""
        problem = self._unauthorised(request, object_id, filename)
        if problem:
            return problem
        with self._lock:
            held = self._objects.get(object_id)
            if held is None:
                return _xml(404, "NoSuchKey", "The specified key does not exist.")
            bounds = f"{held.size},{held.size}"
            if request.headers.get("x-goog-content-length-range") != bounds:
                return _xml(
                    403, "SignatureDoesNotMatch", f"The signed header x-goog-content-length-range must be {bounds}."
                )
            if request.headers.get("content-type") != _OCTETS:
                return _xml(403, "SignatureDoesNotMatch", f"The signed header content-type must be {_OCTETS}.")
            if len(request.body) != held.size:
                code = "EntityTooLarge" if len(request.body) > held.size else "EntityTooSmall"
                return _xml(400, code, f"Found {len(request.body)} bytes, expected {held.size}.")
            held.content = request.body
        return Answer(content_type="text/html; charset=UTF-8")

    def get(self, request: Request, *, object_id: str, filename: str) -> Answer:
        """Hand out an object."""
        problem = self._unauthorised(request, object_id, filename)
        if problem:
            return problem
        content = self.content(object_id)
        if content is None:
            return _xml(404, "NoSuchKey", "The specified key does not exist.")
        return Answer(body=content, content_type=_OCTETS)

    def _add(self, held: _Object) -> str:
        object_id = secrets.token_hex(16)
        with self._lock:
            self._objects[object_id] = held
        return object_id

    def _unauthorised(self, request: Request, object_id: str, filename: str) -> Answer | None:
        expires, signature = request.query.get("X-Goog-Expires", ""), request.query.get("X-Goog-Signature", "")
        expected = self._signature(request.method, object_id, filename, expires)
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            return _xml(403, "SignatureDoesNotMatch", "The signature does not match this method and object.")
        if int(expires) < time.time():
            return _xml(400, "ExpiredToken", "The signed URL has expired.")
        return None

    def _signature(self, method: str, object_id: str, filename: str, expires: str) -> str:
        text = f"{method}\n{object_id}\n{filename}\n{expires}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def checked_filename(name: str) -> str:
    """Return ``name``.

    Raises:
        Refusal: it is not the plain name of a file.
    """
    if not fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+ -]{0,254}", name):
        message = f"filenameToSize: found the file name {name!r}, expected a plain one"
        raise Refusal(message)
    return name


def _xml(status: int, code: str, message: str) -> Answer:
    text = (
        f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Answer(status=status, body=text.encode(), content_type="application/xml; charset=UTF-8")
