"""What the contract tests need of an example whose reward asks a service."""

import os
import secrets
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def service(example):
    """Return the variables that name the example's service, which runs in a process of its own; empty without one."""
    if example.service is None:
        yield {}
        return
    key = secrets.token_urlsafe(32)
    command = [Path(sys.executable).with_name("reward-kit"), "serve", example.service.target, "--port", "0"]
    environment = {**os.environ, "RK_ENDPOINT_API_KEY": key}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = process.stderr.readline().split()[2].rstrip(",")
            yield {example.service.url_env: url, example.service.key_env: key}
        finally:
            process.terminate()


@pytest.fixture
def reward(example, service, monkeypatch):
    """Return the example's reward, ready to grade in this process."""
    for name, value in service.items():
        monkeypatch.setenv(name, value)
    return example.reward


def pytest_collection_modifyitems(items):
    """Let tests of a reward that asks a service reach loopback, and nothing else, where they may open no socket."""
    here = Path(__file__).parent
    using = [
        item
        for item in items
        if item.path.parent == here and item.get_closest_marker("local") and "reward" in item.fixturenames
    ]
    if using and any(entry.load().service for entry in entry_points(group="reward_kit.examples")):
        for item in using:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
