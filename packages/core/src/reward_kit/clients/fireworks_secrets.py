"""Secrets of a Fireworks account: put there, listed by name, deleted; the platform never gives a value back."""

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from reward_kit.clients.credentials import ApiKey, redact
from reward_kit.clients.fireworks import FireworksClient
from reward_kit.errors import EndpointMissingError, RemoteStatusError, UsageError

__all__ = ["Secret", "delete_secret", "list_secrets", "put_secret", "secret_id"]

CONFLICT = 409
PAGE = 200
_KEY_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}(?<!_)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret, without its value."""

    id: str
    key_name: str
    """The environment variable under which an evaluator finds the value."""


def secret_id(key_name: str) -> str:
    """Return the id under which the platform has the secret for a variable: ``SCORER_KEY`` is ``scorer-key``.

    Raises:
        UsageError: it is no name of a variable in capitals.
    """
    if not _KEY_NAME.fullmatch(key_name):
        message = f"found the name {key_name!r}, expected capitals, digits and underscores, such as SCORER_KEY"
        raise UsageError(message)
    return key_name.lower().replace("_", "-")


def put_secret(client: FireworksClient, key_name: str, value: str) -> Literal["created", "updated"]:
    """Store ``value`` for the variable ``key_name``, in place of what is there.

    Raises:
        UsageError: the name or the value is not usable.
        RemoteError: the platform failed; the value is in no message.
    """
    identifier = secret_id(key_name)
    hidden = ApiKey(value=value, name=key_name)
    name = f"accounts/{client.account_id}/secrets/{identifier}"
    try:
        client.ask("POST", "/secrets", body={"name": name, "keyName": key_name, "value": value})
    except RemoteStatusError as error:
        if error.status != CONFLICT:
            raise _without(error, hidden) from None
    else:
        return "created"
    try:
        client.ask("PATCH", f"/secrets/{quote(identifier)}", body={"keyName": key_name, "value": value})
    except RemoteStatusError as error:
        raise _without(error, hidden) from None
    return "updated"


def list_secrets(client: FireworksClient) -> list[Secret]:
    """Return every secret of the account, without values."""
    found: list[Secret] = []
    token = ""
    while True:
        page: dict[str, Any] = client.ask("GET", f"/secrets?pageSize={PAGE}&pageToken={quote(token, safe='')}")
        found += [
            Secret(id=str(row.get("name", "")).rpartition("/")[2], key_name=str(row.get("keyName", "")))
            for row in page.get("secrets", [])
        ]
        token = page.get("nextPageToken", "")
        if not token:
            return found


def delete_secret(client: FireworksClient, key_name: str) -> bool:
    """Delete the secret for ``key_name``; return whether there was one."""
    try:
        client.ask("DELETE", f"/secrets/{quote(secret_id(key_name))}")
    except EndpointMissingError:
        return False
    return True


def _without(error: RemoteStatusError, hidden: ApiKey) -> RemoteStatusError:
    """Return ``error`` without the value, should the platform have sent it back."""
    return type(error)(redact(str(error), hidden), error.status, redact(error.body, hidden))
