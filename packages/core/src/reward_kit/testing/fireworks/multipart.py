"""Read ``multipart/form-data``: the file in the form field that is wanted."""

from email.message import Message
from email.parser import BytesHeaderParser
from typing import NamedTuple

from reward_kit.testing.fireworks.answers import Refusal
from reward_kit.testing.fireworks.request import Request

__all__ = ["UploadedFile", "uploaded_file"]


class UploadedFile(NamedTuple):
    """A file that came in a form."""

    name: str
    content: bytes


def uploaded_file(request: Request, field: str) -> UploadedFile:
    """Return the file in ``field``.

    Raises:
        Refusal: the body is not such a form, or does not have the file.
    """
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        message = f"found the content type {request.headers.get('content-type')!r}, expected multipart/form-data"
        raise Refusal(message)
    # Between two boundaries: CRLF, the part's headers, an empty line, its content, CRLF.
    for part in (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode())[1:]:
        head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
        if separator and headers.get_param("name", header="content-disposition") == field:
            return UploadedFile(headers.get_filename() or field, content)
    message = f"the form has no field {field!r} with a file"
    raise Refusal(message)
