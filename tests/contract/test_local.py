"""What every example must keep without any network: its data set is proven, and its verbs do what they say."""

import hashlib
import json
import pickle
import signal
import subprocess
import sys
import time
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from reward_kit.data import read_samples
from reward_kit.evaluation import check, evaluate, grade
from reward_kit.models import Message

pytestmark = pytest.mark.local

VERBS = ("prepare", "check", "evaluate", "preview", "regenerate", "train")
HEAVY = ("torch", "datasets", "transformers", "trl", "requests", "pydantic", "sympy", "fastapi", "docker")


@pytest.fixture
def data(example):
    """Return the path of the bundled data set."""
    return Path(str(resources.files(example.package) / "data" / "dataset.jsonl"))


@pytest.fixture
def command(example):
    """Return the path of the example's installed command."""
    return str(Path(sys.executable).parent / f"reward-kit-{example.name}")


@pytest.fixture
def run(command, tmp_path):
    """Return a function that runs the example's command in an empty folder."""

    def run(*arguments):
        return subprocess.run([command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_the_command_grades_every_reference_as_right(run, data):
    rows = len(data.read_bytes().splitlines())
    done = run("evaluate")
    assert done.stdout.splitlines()[0] == f"{rows}/{rows} passed (100.0 %)"
    assert done.returncode == 0


def test_the_library_grades_every_reference_as_right(reward, data, tmp_path):
    summary = evaluate(data, reward, run_dir=tmp_path / "run")
    assert (summary.failed, summary.not_graded, summary.pass_rate) == (0, 0, 1.0)
    assert summary.rows == len((tmp_path / "run" / "results.jsonl").read_bytes().splitlines())


def test_two_workers_give_the_same_results_as_one(run, tmp_path):
    assert run("evaluate", "--run-id", "one").returncode == 0
    assert run("evaluate", "--run-id", "two", "--workers", "2").returncode == 0
    one, two = (tmp_path / "runs" / name / "results.jsonl" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_the_reward_and_the_data_set_keep_what_they_promise(reward, data, run):
    offences = []
    assert check(data, reward, on_offence=offences.append).passed, offences
    assert run("check").returncode == 0


def test_replies_that_say_nothing_earn_nothing(reward, data):
    sample = next(read_samples(data))
    for text in ("", "I don't know.", sample.messages[-1].text):
        reply = Message(role="assistant", content=text)
        result = grade(reward, [*sample.messages, reply], ground_truth=sample.ground_truth, extra=sample.extra)
        assert (result.score, result.is_score_valid) == (0.0, True)


def test_the_reference_of_another_row_earns_nothing(reward, data, tmp_path):
    samples = list(read_samples(data))
    pairs = zip(samples, samples[1:] + samples[:1], strict=True)
    rows = [
        {"id": sample.id, "message": other.reference_message.to_wire()}
        for sample, other in pairs
        if sample.ground_truth != other.ground_truth
    ]
    replies = tmp_path / "replies.jsonl"
    replies.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    summary = evaluate(data, reward, replies=replies)
    assert (summary.rows, summary.passed, summary.not_graded) == (len(rows), 0, 0)
    assert len(rows) > len(samples) / 2


def test_the_data_set_says_where_it_comes_from_and_is_what_it_says(data):
    source = tomllib.loads((data.parent / "SOURCE.toml").read_text(encoding="utf-8"))
    assert source["sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    assert source["rows"] == len(data.read_bytes().splitlines())
    assert all(source[name] for name in ("origin", "revision", "licence"))


def test_the_ids_of_the_data_set_are_different(data):
    ids = [sample.id for sample in read_samples(data)]
    assert len(set(ids)) == len(ids)


def test_the_example_crosses_process_borders(example):
    copy = pickle.loads(pickle.dumps(example))  # noqa: S301 - bytes of our own
    assert (copy.name, copy.source, copy.reward) == (example.name, example.source, example.reward)


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_works_and_loads_nothing_heavy(example, verb):
    code = f"""
import sys
from reward_kit.cli import example_main
try:
    example_main({example.name!r}, [*{verb.split()!r}, "--help"])
finally:
    print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Usage: reward-kit-{example.name}")
    assert done.stderr.strip() == ""


def test_the_command_of_the_core_knows_the_example(example):
    core = str(Path(sys.executable).parent / "reward-kit")
    done = subprocess.run([core, "list"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{example.name}\t{example.summary}"]


def test_the_package_runs_as_a_module(example, tmp_path):
    command = [sys.executable, "-m", example.package, "evaluate", "--limit", "3", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "3/3 passed (100.0 %)\n"


def test_a_killed_evaluation_goes_on_and_equals_an_undisturbed_one(run, command, data, tmp_path):
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    large = tmp_path / "large.jsonl"
    with large.open("w", encoding="utf-8") as file:
        for copy in range(20):
            file.writelines(json.dumps({**row, "id": f"{row['id']}-{copy}"}) + "\n" for row in rows)
    arguments = ["evaluate", "--data", str(large), "--quiet", "--run-id"]
    assert run(*arguments, "whole").returncode == 0
    whole = (tmp_path / "runs" / "whole" / "results.jsonl").read_bytes()
    killed = tmp_path / "runs" / "killed" / "results.jsonl"
    process = subprocess.Popen([command, *arguments, "killed"], cwd=tmp_path, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (killed.exists() and killed.stat().st_size > len(whole) // 4) and time.monotonic() < until:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < killed.stat().st_size < len(whole)
    assert run(*arguments, "killed").returncode == 0
    assert killed.read_bytes() == whole
