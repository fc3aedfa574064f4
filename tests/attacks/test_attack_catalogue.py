"""No hostile program is paid, harms or leaks, and every honest one is paid: in bounded containers, at each level."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
IMAGE = os.environ.get("REWARD_KIT_DOCKER_BASE", "reward-kit/base:debian")
HARDENED = ["--read-only", "--cap-drop", "ALL", "--user", "65534", "--security-opt", "no-new-privileges"]
WITH_NAMESPACES = [
    "--cap-add",
    "SYS_ADMIN",
    "--security-opt",
    "seccomp=unconfined",
    "--security-opt",
    "apparmor=unconfined",
]
PLACES = {
    "hardened container": ("L2", HARDENED, []),
    "default container": ("L2", [], []),
    "root with namespaces": ("L3", WITH_NAMESPACES, []),
    "user with namespaces": ("L3", ["--user", "65534", *WITH_NAMESPACES[2:]], []),
    "root without Landlock": ("L1", WITH_NAMESPACES, ["landlock"]),
    "coding example's image": ("L2", ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"], []),
}
MUST_BE_EMPTY = (
    "wrong_level", "cheated", "not_graded", "evidence", "left_over", "honest_failed", "grader_hurt", "slow",
)  # fmt: skip

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


EVERYWHERE = os.environ.get("REWARD_KIT_ATTACKS") == "everywhere"
"""A minute or more per place and catalogue; without it, the places that most people have."""


def places():
    return list(PLACES) if EVERYWHERE else ["user with namespaces", "coding example's image"]


def catalogues():
    found = [HERE / "programs"]
    if not EVERYWHERE:
        return found
    shared = Path(os.environ.get("REWARD_KIT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    return [*found, *(path for path in [shared / "attacks"] if path.is_dir())]


@pytest.fixture(scope="module")
def engine():
    program = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker")
    if program is None or subprocess.run([program, "image", "inspect", IMAGE], capture_output=True).returncode:
        missing = f"no container engine with the image {IMAGE}"
        pytest.fail(missing) if os.environ.get("REWARD_KIT_REQUIRE_DOCKER") else pytest.skip(missing)
    return program


@pytest.fixture
def container(place, request):
    """Return an image and how the reward-kit in it, or in this checkout, is run there."""
    if place == "coding example's image":
        return [request.getfixturevalue("build")("coding")], "python"
    sources = [
        *("-v", f"{REPOSITORY}/packages/core/src:/core:ro", "-v", f"{sysconfig.get_path('purelib')}:/deps:ro"),
        *("-e", "PYTHONPATH=/core:/deps", "-e", "PYTHONDONTWRITEBYTECODE=1", IMAGE),
    ]
    return sources, f"python3.{sys.version_info.minor}"


@pytest.mark.parametrize("catalogue", catalogues(), ids=lambda path: path.name)
@pytest.mark.parametrize("place", places())
def test_nothing_hostile_gets_anywhere(engine, catalogue, place, container):
    level, flags, without = PLACES[place]
    image, python = container
    done = subprocess.run(
        [
            engine, "run", "--rm", "--network", "none", "--pids-limit", "300", "--memory", "1500m", "--cpus", "1",
            *flags,
            "--tmpfs", "/loot:mode=1777", "--tmpfs", "/proj:mode=1777", "--tmpfs", "/tmp:mode=1777,size=400m",
            "-v", f"{HERE}:/catalogue:ro", "-v", f"{catalogue}:/attacks:ro", "--entrypoint", python, *image,
            "/catalogue/run_catalogue.py", "/attacks", level, *without,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert {name: report[name] for name in MUST_BE_EMPTY if report[name]} == {}
    assert report["honest_passed"]
