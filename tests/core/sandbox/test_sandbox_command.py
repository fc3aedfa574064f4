"""``reward-kit sandbox`` lists what confines a program, and ends with 3 where none would be run."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("native")


def reward_kit(*arguments):
    command = [sys.executable, "-c", "from reward_kit.cli import main; main()", "sandbox", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_restriction_is_listed_with_what_it_means():
    done = reward_kit("--backend", "native")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert all(line.startswith(("in force  ", "missing   ")) and ": " in line for line in lines)
    named = {line[10:].partition(":")[0] for line in lines}
    assert {"seccomp", "landlock", "namespaces", "no sockets", "bounded memory", "an empty environment"} <= named
    assert done.stderr.startswith("native: level L")


def test_the_list_is_there_for_machines():
    found = json.loads(reward_kit("--backend", "native", "--json").stdout)
    assert (found["backend"], found["usable"]) == ("native", True)
    assert all(set(item) == {"name", "in_force", "meaning"} for item in found["restrictions"])


def test_where_no_program_would_be_run_the_code_is_three():
    done = reward_kit("--backend", "docker", "--image", "reward-kit/no-such-image:none")
    assert done.returncode == 3
    assert "no program is run here" in done.stderr
