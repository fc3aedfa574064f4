"""Uploaded files: written below a folder and nowhere else; and the requirements that they name.

Not covered: requirements are looked up by name, never installed, and their versions not compared.
"""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath
from re import match

from reward_kit.testing.fireworks.answers import Refusal

__all__ = ["missing_requirements", "write_files"]


def missing_requirements(requirements: str) -> list[str]:
    """Return the names in ``requirements``, a text like ``requirements.txt``, that are not installed here."""
    missing = []
    for line in requirements.splitlines():
        wanted = line.partition("#")[0].strip()
        name = match(r"[A-Za-z0-9][A-Za-z0-9._-]*", wanted)
        if wanted and not (name and _installed(name.group())):
            missing.append(wanted)
    return missing


def write_files(folder: Path, files: Mapping[str, str | bytes], field_name: str) -> None:
    """Write ``files`` by their relative names below ``folder``.

    Raises:
        Refusal: a name leads out of the folder, or is a file and a folder at once.
    """
    for name, content in files.items():
        parts = PurePosixPath(name)
        if (
            not name
            or "\0" in name
            or "\\" in name
            or parts.is_absolute()
            or ".." in parts.parts
            or parts == PurePosixPath()
        ):
            message = f"{field_name}: found the file name {name!r}, expected a relative path inside"
            raise Refusal(message)
        try:
            (folder / parts).parent.mkdir(parents=True, exist_ok=True)
            (folder / parts).write_bytes(content.encode() if isinstance(content, str) else content)
        except (OSError, UnicodeEncodeError) as error:
            message = f"{field_name}: cannot write {name!r}: {type(error).__name__}"
            raise Refusal(message) from error


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
