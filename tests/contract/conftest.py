"""What the contract tests need of an example whose reward asks a service."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from reward_kit.cli.service import asked_service


@pytest.fixture(scope="session")
def reward(example):
    """Return the example's reward, ready to grade: where it asks a service, that runs on loopback."""
    with asked_service(example):
        yield example.reward


def pytest_collection_modifyitems(items):
    """Let tests of a reward that asks a service reach loopback, and nothing else, where they may open no socket."""
    using = [
        item for item in items if item.path.parent == Path(__file__).parent and "reward" in getattr(item, "fixturenames", ())
    ]
    if using and any(entry.load().service for entry in entry_points(group="reward_kit.examples")):
        for item in using:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
