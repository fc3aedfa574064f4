"""Have the server that an example's reward asks: the one that the environment names, or one on loopback."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reward_kit.example import Example

__all__ = ["asked_service", "named_service", "served_reward"]

KEY_BYTES = 32


def served_reward(example: "Example") -> Callable[..., Any]:
    """Return the reward to serve for ``example``: the one behind its service, not the one that would ask it."""
    if example.service is None:
        return example.reward
    from reward_kit.evaluation.bundle import load_reward

    return load_reward(example.service.target)


def named_service(example: "Example") -> None:
    """Fail unless the environment names the service of ``example``, for work that is done on another machine.

    Raises:
        PrerequisiteError: it does not, or there is no key.
    """
    service = example.service
    if service is None:
        return
    from reward_kit.clients.credentials import key_of_environment
    from reward_kit.errors import PrerequisiteError

    if not os.environ.get(service.url_env, "").strip():
        message = (
            f"{service.url_env} is not set, expected the address at which the evaluator's machine reaches the server "
            f"that it asks; run one by `reward-kit serve {service.target}`, set {service.url_env} and "
            f"{service.key_env}, and store both there by `reward-kit secret set`"
        )
        raise PrerequisiteError(message)
    key_of_environment(service.key_env)


@contextmanager
def asked_service(example: "Example") -> Iterator[None]:
    """Let the reward of ``example`` reach its service while the context lasts.

    Where the environment names an address, that is asked. Otherwise the service runs on loopback, with a key made for
    this one time, and both are put into the environment of this process and of those that it starts.

    Raises:
        PrerequisiteError: there is an address without a key, or the extra that serves is not installed.
    """
    service = example.service
    if service is None:
        yield
        return
    from reward_kit.clients.credentials import ApiKey, key_of_environment
    from reward_kit.errors import require

    if os.environ.get(service.url_env, "").strip():
        key_of_environment(service.key_env)
        yield
        return
    require("serve", "fastapi", "uvicorn", "prometheus_client")
    from reward_kit.serving.run import serving
    from reward_kit.serving.settings import ServeSettings

    key = ApiKey(value=secrets.token_urlsafe(KEY_BYTES), name=service.key_env)
    before = {name: os.environ.get(name) for name in (service.url_env, service.key_env)}

    def tell(url: str) -> None:
        os.environ.update({service.url_env: url, service.key_env: key.value})

    try:
        with serving(served_reward(example), ServeSettings(port=0, key=key), on_bound=tell):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
