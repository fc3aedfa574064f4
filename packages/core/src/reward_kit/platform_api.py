"""Secrets of a Fireworks account under the names of reward-kit 0.4.1.

Unlike there, nothing is read from ``.env`` files on import, a failure is an error and not ``False``, and what cannot be
found out is not taken for absent.
"""

from typing import Any

from reward_kit.clients.fireworks import connect
from reward_kit.clients.fireworks_secrets import delete_secret, list_secrets, put_secret
from reward_kit.errors import RemoteError

__all__ = [
    "PlatformAPIError",
    "create_or_update_fireworks_secret",
    "delete_fireworks_secret",
    "get_fireworks_secret",
]

PlatformAPIError = RemoteError
"""What 0.4.1 called a failure of the platform."""


def create_or_update_fireworks_secret(
    account_id: str | None,
    key_name: str,
    secret_value: str,
    api_key: str | None = None,
    api_base: str | None = None,
) -> bool:
    """Store a secret and return True.

    Raises:
        RemoteError: the platform did not take it.
    """
    with connect(api_key=api_key, account_id=account_id, base_url=api_base) as client:
        put_secret(client, key_name, secret_value)
    return True


def get_fireworks_secret(
    account_id: str | None, key_name: str, api_key: str | None = None, api_base: str | None = None
) -> dict[str, Any] | None:
    """Return the secret's name and variable, never its value; None where there is none."""
    with connect(api_key=api_key, account_id=account_id, base_url=api_base) as client:
        for secret in list_secrets(client):
            if secret.key_name == key_name:
                return {"name": f"accounts/{client.account_id}/secrets/{secret.id}", "keyName": secret.key_name}
    return None


def delete_fireworks_secret(
    account_id: str | None, key_name: str, api_key: str | None = None, api_base: str | None = None
) -> bool:
    """Delete a secret and return True, also where there was none."""
    with connect(api_key=api_key, account_id=account_id, base_url=api_base) as client:
        delete_secret(client, key_name)
    return True
