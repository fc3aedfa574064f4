"""Secrets: they can be set and named, evaluators find them in their environment, and no answer holds a value."""

from dataclasses import dataclass, field
from typing import Literal

from reward_kit.testing.fireworks.answers import Answer, Refusal, json_answer
from reward_kit.testing.fireworks.collection import Collection, checked_id
from reward_kit.testing.fireworks.listing import list_answer, masked
from reward_kit.testing.fireworks.request import Request
from reward_kit.testing.fireworks.routing import Route
from reward_kit.testing.fireworks.wire import CreateSecret, UpdateSecret, parse

__all__ = ["MissingSecretStatus", "Secrets"]

MissingSecretStatus = Literal[404, 500]
"""What a GET of a secret that does not exist answers; the real service was seen to answer 500."""


@dataclass(slots=True)
class _Secret:
    name: str
    key_name: str
    value: str = field(repr=False)

    def to_wire(self) -> dict[str, str]:
        return {"name": self.name, "keyName": self.key_name}


class Secrets:
    """The secrets of an account."""

    def __init__(self, account_id: str, *, missing_status: MissingSecretStatus) -> None:
        self._account_id = account_id
        self._missing_status = missing_status
        self._secrets = Collection[_Secret]("secret")

    def routes(self) -> list[Route]:
        """Return the operations."""
        base = "/v1/accounts/{account}/secrets"
        return [
            Route("POST", base, "CreateSecret", self._create),
            Route("GET", base, "ListSecrets", self._list),
            Route("GET", base + "/{secret}", "GetSecret", self._get),
            Route("PATCH", base + "/{secret}", "UpdateSecret", self._update),
            Route("DELETE", base + "/{secret}", "DeleteSecret", self._delete),
        ]

    def holds(self, secret_id: str, value: str) -> bool:
        """Say whether the secret exists and has ``value``."""
        with self._secrets.all() as kept:
            return any(secret.value == value for secret in kept if secret.name == self._name(secret_id))

    def environment(self) -> dict[str, str]:
        """Return the variables that an evaluator gets."""
        with self._secrets.all() as kept:
            return {secret.key_name: secret.value for secret in kept}

    def _create(self, request: Request) -> Answer:
        asked = parse(CreateSecret, request.json_object())
        prefix = self._name("")
        secret_id = checked_id(asked.name.removeprefix(prefix), "name")
        secret = _Secret(self._name(secret_id), asked.key_name, asked.value)
        self._secrets.add(secret_id, secret)
        return json_answer(secret.to_wire())

    def _list(self, request: Request) -> Answer:
        with self._secrets.all() as kept:
            return list_answer("secrets", [secret.to_wire() for secret in kept], request.query)

    def _get(self, request: Request, *, secret: str) -> Answer:
        try:
            with self._secrets.changing(secret) as kept:
                return json_answer(masked(kept.to_wire(), request.query))
        except Refusal as refusal:
            if self._missing_status == 500:  # noqa: PLR2004 - HTTP
                message = "internal error"
                raise Refusal(message, "INTERNAL") from refusal
            raise

    def _update(self, request: Request, *, secret: str) -> Answer:
        asked = parse(UpdateSecret, request.json_object())
        with self._secrets.changing(secret) as kept:
            kept.key_name = asked.key_name or kept.key_name
            if asked.value is not None:
                kept.value = asked.value
            return json_answer(kept.to_wire())

    def _delete(self, request: Request, *, secret: str) -> Answer:  # noqa: ARG002 - a handler
        self._secrets.remove(secret)
        return json_answer({})

    def _name(self, secret_id: str) -> str:
        return f"accounts/{self._account_id}/secrets/{secret_id}"
