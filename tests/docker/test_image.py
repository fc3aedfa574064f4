"""Build an example's image as its Dockerfile says and run it as the README says: locked down."""

import json
import os
from pathlib import Path

import pytest

from reward_kit.testing.fireworks import FireworksServer

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROWS = {
    "coding": (
        {
            "task_id": 1,
            "text": "Write a function to add two numbers.",
            "code": "def add(a, b):\n    return a + b",
            "test_list": ["assert add(1, 2) == 3"],
            "test_setup_code": "",
        },
        '{"test_list": ["assert add(1, 2) == 3"]}',
    ),
    "math-coding": ({"question": "What is 1 + 1?", "answer": "1 + 1 = 2.\n#### 2"}, "2"),
    "math-gsm8k": ({"question": "What is 1 + 1?", "answer": "1 + 1 = 2.\n#### 2"}, "2"),
    "math-openr1": (
        {"problem": "Simplify $\\sqrt{12}$.", "solution": "It is $\\boxed{2\\sqrt{3}}$.", "answer": "2\\sqrt{3}"},
        "2\\sqrt{3}",
    ),
    "function-calling": (
        {
            "id": 1,
            "query": "What is the weather in Oslo?",
            "tools": json.dumps([{"name": "weather", "description": "", "parameters": {"city": {"type": "str"}}}]),
            "answers": json.dumps([{"name": "weather", "arguments": {"city": "Oslo"}}]),
        },
        r'{"tool_calls": [{"type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Oslo\"}"}}]}',
    ),
}
"""A row of each example's source, and the ground truth that it becomes."""


def test_the_default_command_evaluates_the_bundled_data_locked_down(image, docker, locked_down):
    done = docker("run", "--rm", *locked_down, image)
    rows = len(_rows(image))
    assert f"{rows}/{rows} passed (100.0 %)" in done.stdout


def test_check_passes_locked_down(image, docker, locked_down):
    docker("run", "--rm", *locked_down, image, "check")


def test_the_container_is_not_root_and_cannot_write_its_own_file_system(image, docker, locked_down):
    program = "import os; print(os.getuid()); open('/opt/venv/written', 'w')"
    done = docker("run", "--rm", *locked_down, "--entrypoint", "python", image, "-c", program, check=False)
    assert done.stdout == "65532\n"
    assert "Read-only file system" in done.stderr


def test_prepare_reads_a_mounted_file_and_writes_a_mounted_folder(image, tmp_path, docker, locked_down):
    if _name(image) not in SOURCE_ROWS:
        pytest.fail(f"write down a row of the source of {_name(image)} in SOURCE_ROWS")
    raw, ground_truth = SOURCE_ROWS[_name(image)]
    source = tmp_path / "train.jsonl"
    source.write_text(json.dumps(raw) + "\n")
    tmp_path.chmod(0o777)
    mount = ("-v", f"{tmp_path}:/data")
    docker(
        "run",
        "--rm",
        *locked_down,
        *mount,
        image,
        "prepare",
        "--source",
        "/data/train.jsonl",
        "--output",
        "/data/out.jsonl",
    )
    (row,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert row["ground_truth"] == ground_truth


@pytest.mark.parametrize("verb", ["preview", "regenerate"])
def test_a_verb_that_needs_a_key_says_so_in_one_line(image, verb, docker, locked_down):
    done = docker("run", "--rm", *locked_down, image, verb, check=False)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "FIREWORKS_API_KEY" in done.stderr


@pytest.mark.parametrize("verb", ["preview", "regenerate"])
def test_a_verb_that_needs_a_service_works_with_a_network_and_a_key(image, tmp_path, verb, docker, locked_down):
    tmp_path.chmod(0o777)
    rows = _rows(image)
    replies = [{"id": row["id"], "messages": row["messages"], "message": _reference(row)} for row in rows]
    network = [part if part != "none" else "host" for part in locked_down]
    with FireworksServer(replies=replies) as server:
        if verb == "preview":
            options = ["--base-url", server.url, "--samples", str(len(rows))]
        else:
            options = [
                "--base-url",
                f"{server.url}/inference/v1",
                "--api-key-env",
                "KEY",
                "--output",
                "/data/out.jsonl",
            ]
        variables = {"KEY": server.api_key, "FIREWORKS_API_KEY": server.api_key, "FIREWORKS_API_BASE": server.url}
        key = [argument for name, value in variables.items() for argument in ("-e", f"{name}={value}")]
        done = docker("run", "--rm", *network, *key, "-v", f"{tmp_path}:/data", image, verb, *options)
    count = f"{len(rows)}/{len(rows)}"
    assert {"preview": f"{count} equal", "regenerate": f"{count} passed (100.0 %)"}[verb] in done.stdout


def test_train_without_its_extra_says_what_to_install(image, docker, locked_down):
    done = docker("run", "--rm", *locked_down, image, "train", "--smoke", check=False)
    assert done.returncode == 3
    assert "reward-kit-core[train]" in done.stderr


def test_the_image_adds_less_than_300_mb_to_its_base(image, docker):
    sizes = [int(docker("image", "inspect", "--format", "{{.Size}}", name).stdout) for name in (image, _base(image))]
    assert sizes[0] - sizes[1] < 300_000_000


def test_no_secret_and_no_source_of_another_example_is_in_the_image(image, docker, locked_down):
    history = docker("history", "--no-trunc", image).stdout
    assert "API_KEY" not in history
    program = (
        "from importlib.metadata import distributions as d; print(sorted(x.name for x in d() if 'reward' in x.name))"
    )
    listed = docker("run", "--rm", *locked_down, "--entrypoint", "python", image, "-c", program).stdout
    assert listed.strip() == str(sorted(["reward-kit-core", f"reward-kit-{_name(image)}"]))


def _name(image):
    return image.removeprefix("reward-kit/").removesuffix(":test")


def _rows(image):
    return [json.loads(line) for line in (ROOT / "datasets" / _name(image) / "dataset.jsonl").read_text().splitlines()]


def _reference(row):
    reference = row["reference"]
    return {"role": "assistant", "content": reference} if isinstance(reference, str) else reference


def _base(image):
    base = os.environ.get("REWARD_KIT_DOCKER_BASE")
    if base:
        return base
    first = (ROOT / "packages" / _name(image) / "Dockerfile").read_text()
    return first.split("ARG BASE=")[1].splitlines()[0]
