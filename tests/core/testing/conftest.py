"""The local Fireworks, and a caller that has its key."""

import pytest
import requests

from reward_kit.testing.fireworks.fixtures import fireworks

__all__ = ["call", "fireworks"]


class Caller:
    def __init__(self, session):
        self.session = session

    def __call__(self, server, method, path, **options):
        url = path if path.startswith("http") else server.url + path
        headers = {"Authorization": f"Bearer {server.api_key}", **options.pop("headers", {})}
        return self.session.request(method, url, headers=headers, timeout=options.pop("timeout", 30), **options)


@pytest.fixture
def call():
    with requests.Session() as session:
        yield Caller(session)
