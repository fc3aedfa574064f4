"""Keys: where they are found, what shape they have, and how they are kept out of every message."""

import configparser
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reward_kit.errors import PrerequisiteError
from reward_kit.redaction import without_secrets

__all__ = [
    "AUTH_FILE",
    "ApiKey",
    "api_key_from",
    "fireworks_account_id",
    "fireworks_api_key",
    "key_of_environment",
    "redact",
]

AUTH_FILE = ".fireworks/auth.ini"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key and the name of the setting it came from. Its value is in no ``repr`` and no error."""

    value: str = field(repr=False)
    name: str
    """The environment variable, or ``key`` of a file: what to check when the service refuses it."""

    def __post_init__(self) -> None:
        if not self.value or not re.fullmatch(r"[!-~]+", self.value):
            message = f"{self.name} holds no usable key: expected printable ASCII without spaces; copy the key again"
            raise PrerequisiteError(message)


def api_key_from(environment: Mapping[str, str], name: str) -> ApiKey | None:
    """Return the key in the variable ``name``, or None where it is not set or empty."""
    value = environment.get(name, "").strip()
    return ApiKey(value=value, name=name) if value else None


def key_of_environment(name: str) -> ApiKey:
    """Return the key in the variable ``name`` of this process.

    Raises:
        PrerequisiteError: it is not set.
    """
    key = api_key_from(os.environ, name)
    if key is None:
        message = f"{name} is not set, expected the key of the server; set it in the environment"
        raise PrerequisiteError(message)
    return key


def fireworks_api_key(environment: Mapping[str, str], home: Path) -> ApiKey | None:
    """Return the key of Fireworks: ``FIREWORKS_API_KEY``, else ``api_key`` of ``~/.fireworks/auth.ini``."""
    found = api_key_from(environment, "FIREWORKS_API_KEY")
    if found is not None:
        return found
    value = _auth_file_value(home / AUTH_FILE, "api_key")
    return ApiKey(value=value, name=f"api_key of ~/{AUTH_FILE}") if value else None


def fireworks_account_id(environment: Mapping[str, str], home: Path) -> str | None:
    """Return the account that was named: ``FIREWORKS_ACCOUNT_ID``, else ``account_id`` of ``~/.fireworks/auth.ini``."""
    return environment.get("FIREWORKS_ACCOUNT_ID", "").strip() or _auth_file_value(home / AUTH_FILE, "account_id")


def _auth_file_value(path: Path, name: str) -> str | None:
    """Return a value of plain ``key = value`` lines, else of the section ``fireworks``, else of the default section."""
    top = "lines before any section"
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, allow_no_value=True, default_section="default", comment_prefixes=("#", ";")
    )
    try:
        parser.read_string(f"[{top}]\n{path.read_text(encoding='utf-8')}")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        # The text of a parser's error quotes the line, and with it the key.
        message = f"cannot read {str(path)!r} ({type(error).__name__}), expected lines 'api_key = …'; repair the file"
        raise PrerequisiteError(message) from None
    for section in (top, "fireworks", "default", "DEFAULT"):
        values = parser.defaults() if section == "default" else parser[section] if parser.has_section(section) else {}
        value = (values.get(name) or "").strip().strip("\"'")
        if value:
            return value
    return None


def redact(text: str, *keys: ApiKey | None) -> str:
    """Return ``text`` without ``keys``, without what has the shape of a key, and without secrets inside URLs."""
    return without_secrets(text, *(key.value for key in keys if key is not None))
