"""A pytest fixture: use it by ``from reward_kit.testing.fireworks.fixtures import fireworks`` in a conftest."""

from collections.abc import Iterator

import pytest

from reward_kit.testing.fireworks.server import FireworksServer

__all__ = ["fireworks"]


@pytest.fixture
def fireworks() -> Iterator[FireworksServer]:
    """Serve a local Fireworks without replies for one test; an error of the server itself fails the test."""
    with FireworksServer() as server:
        yield server
    assert not server.unexpected, f"the local Fireworks failed: {server.unexpected!r}"
