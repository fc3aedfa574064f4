"""The validator and the scorer of docker/compose.yaml: the one is asked by the other, and nothing else is reached."""

import os
import re
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker" / "compose.yaml"
IMAGES = {"validator": "reward-kit/validator", "scorer": "reward-kit/remote-evaluation"}
PROJECT = "reward-kit-compose-test"
REACHED = """
import socket, sys

for place in sys.argv[1:]:
    host, _, port = place.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
    except OSError:
        continue
    print(place)
"""


def compose_command():
    """Return how compose is called here; skip, saying so, where it is not."""
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no docker engine is running")
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose") is None:
        pytest.skip("no docker compose here, as a plug-in or as docker-compose")
    return ["docker-compose"]


class Project:
    """A project of its own of the compose file."""

    def __init__(self):
        self.key = secrets.token_urlsafe(32)
        self.command = [*compose_command(), "-p", PROJECT, "-f", str(FILE)]

    def run(self, *arguments):
        environment = {**os.environ, "VALIDATOR_KEY": self.key}
        done = subprocess.run([*self.command, *arguments], env=environment, capture_output=True, text=True, check=False)
        assert self.key not in done.stdout + done.stderr
        return done


def build(target, image):
    base = os.environ.get("REWARD_KIT_DOCKER_BASE")
    arguments = ["--build-arg", f"BASE={base}"] if base else []
    dockerfile = "packages/remote-evaluation/Dockerfile"
    command = ["docker", "build", *arguments, "--target", target, "-f", dockerfile, "-t", image, "."]
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.fixture(scope="module")
def project():
    project = Project()
    try:
        for target, image in IMAGES.items():
            build(target, image)
        started = project.run("up", "--no-build", "-d", "validator")
        assert started.returncode == 0, started.stderr[-4000:]
        yield project
    finally:
        project.run("down", "--volumes")


def test_the_scorer_asks_the_validator(project):
    done = project.run("run", "--rm", "scorer", "evaluate")
    assert "40/40 passed (100.0 %)" in done.stdout, done.stderr


def test_a_scorer_with_another_key_grades_nothing(project):
    done = project.run(
        "run", "--rm", "-e", "VALIDATOR_KEY=another-key-0123456789", "scorer", "evaluate", "--limit", "2"
    )
    assert "2 rows not graded" in done.stderr
    assert "403" in done.stdout + done.stderr


def test_the_scorer_reaches_nothing_but_the_validator(project):
    inspected = subprocess.run(
        ["docker", "network", "inspect", f"{PROJECT}_private"], capture_output=True, text=True, check=True
    )
    gateways = re.findall(r'"Gateway": "([\d.]+)"', inspected.stdout)
    with socket.create_server(("0.0.0.0", 0)) as host:  # noqa: S104 - so that the container could reach it
        port = host.getsockname()[1]
        places = ["validator:8080", "1.1.1.1:443", "example.com:443", *(f"{address}:{port}" for address in gateways)]
        places += [
            f"172.17.0.1:{port}",
            f"host.docker.internal:{port}",
            f"{socket.gethostbyname(socket.gethostname())}:{port}",
        ]
        done = project.run("run", "--rm", "--entrypoint", "python", "scorer", "-c", REACHED, *places)
    assert done.stdout.split() == ["validator:8080"], done.stderr


def test_the_key_is_in_no_layer_of_the_images(project):
    for image in IMAGES.values():
        history = subprocess.run(["docker", "history", "--no-trunc", image], capture_output=True, text=True, check=True)
        assert project.key not in history.stdout
