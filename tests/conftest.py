"""Fixtures that every test may use."""

import functools
import os
import shutil
import subprocess
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("packages/*/Dockerfile"))


@pytest.fixture(scope="session")
def example():
    """Return the one installed example; two where one is expected is a broken environment and fails here."""
    (entry,) = entry_points(group="reward_kit.examples")
    return entry.load()


@pytest.fixture(scope="session")
def docker():
    """Return a function that runs the docker client; skip, saying so, where no engine runs, fail where one must."""

    def run(*arguments, check=True, **kwargs):
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, **kwargs)
        if check and done.returncode:
            pytest.fail(f"docker {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done

    missing = None
    if shutil.which("docker") is None:
        missing = "no docker client on PATH"
    elif run("info", check=False).returncode:
        missing = "no docker engine is running"
    if missing and os.environ.get("REWARD_KIT_REQUIRE_DOCKER"):
        pytest.fail(f"{missing}, and REWARD_KIT_REQUIRE_DOCKER is set")
    if missing:
        pytest.skip(missing)
    return run


@pytest.fixture(scope="session")
def locked_down():
    """Return the flags of the profile for evaluate and check in docker/README.md."""
    return [
        *("--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),  # noqa: S108 - in the container
        *("--security-opt", "no-new-privileges", "--pids-limit", "256", "--memory", "2g"),
    ]


@pytest.fixture(scope="session")
def build(docker):
    """Return a function that builds the image of an example, as its Dockerfile says, and returns its name."""

    @functools.cache
    def build(example):
        base = os.environ.get("REWARD_KIT_DOCKER_BASE")
        tag = f"reward-kit/{example}:test"
        arguments = ["--build-arg", f"BASE={base}"] if base else []
        environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        docker("build", *arguments, "-f", f"packages/{example}/Dockerfile", "-t", tag, ".", cwd=ROOT, env=environment)
        return tag

    return build


@pytest.fixture(scope="session", params=EXAMPLES)
def image(request, build):
    """Return the image of each example, one after the other."""
    return build(request.param)
