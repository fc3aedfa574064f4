"""A toy example, installed the way a real one is: a package on the path with an entry point of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SPEC = '''
"""A toy: the reply has to end with the ground truth; what else it says decides what happens to the grader."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time

from reward_kit import EvaluateResult, Example, HubSource, Message, Sample, StepOutput, reward_function


@reward_function
def reward(messages, *, ground_truth, **kwargs):
    text = messages[-1].text
    if ground_truth == "unreadable":
        return EvaluateResult.not_graded("the ground truth is unreadable")
    right = text.endswith(f"= {ground_truth}")
    return EvaluateResult(score=float(right), reason=f"{text[-8:]!r} against {ground_truth!r}")


class Fatal:
    def __reduce__(self):
        os._exit(9)


def nasty(messages, ground_truth=None, **kwargs):
    """Do what the reply says: a grader that a hostile reply has got hold of."""
    word, _, rest = messages[-1].text.partition(" ")
    if word == "exit":
        os._exit(int(rest))
    if word == "signal":
        os.kill(os.getpid(), getattr(signal, rest))
    if word == "sleep":
        time.sleep(float(rest))
    if word == "spin":
        while True:
            pass
    if word == "child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        with open(rest, "w") as file:
            file.write(str(child.pid))
        time.sleep(60)
    if word == "print":
        print("printed by the reward")
        os.write(1, b"written by the reward\\n")
    if word == "multiprocessing":
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(0,))
        child.start()
        child.join()
        return EvaluateResult(score=1.0, reason=f"a child ended with {child.exitcode}")
    if word in {"unpicklable", "fatal"}:
        metrics = {"value": (lambda: None) if word == "unpicklable" else Fatal()}
        return EvaluateResult(score=1.0, step_outputs=[StepOutput(step_index=0, base_reward=1.0, metrics=metrics)])
    if word == "pid":
        return EvaluateResult(score=1.0, reason=str(os.getpid()))
    if word == "raise":
        raise ValueError(rest)
    return EvaluateResult(score=1.0, reason=f"said {word!r}")


async def patient(messages, **kwargs):
    word, _, rest = messages[-1].text.partition(" ")
    if word == "sleep":
        await asyncio.sleep(float(rest))
    if word == "block":
        time.sleep(float(rest))
    return {"score": 1.0, "reason": word}


def row(raw):
    return Sample(
        id=raw.get("id", ""),
        messages=[Message(role="user", content=raw["question"])],
        ground_truth=raw["answer"],
        reference=f"{raw['question']} = {raw['answer']}",
    )


example = Example(
    name="toy",
    package="toy_example",
    summary="A toy.",
    source=HubSource(repo="ours/toy", split="train[:3]", revision="0" * 40, licence="MIT"),
    row=row,
    system_prompt="Answer.",
    reward=REWARD,
)
'''


@dataclass(frozen=True)
class Toy:
    """The installed toy example and a folder to work in."""

    site: Path
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def bundled(self) -> Path:
        return self.site / "toy_example" / "data" / "dataset.jsonl"

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        """Start ``reward-kit toy`` with ``arguments``."""
        return subprocess.Popen(
            [sys.executable, "-c", "from reward_kit.cli import example_main; example_main('toy')", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": _path(self.site), **self.environment},
            stdout=subprocess.PIPE,
            text=True,
            **{"stderr": subprocess.PIPE, **options},
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run ``reward-kit toy`` with ``arguments`` to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _path(site: Path) -> str:
    """Return where modules are found: in ``site``, and where this process finds them by its environment."""
    return os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))


def _write_jsonl(path: Path, rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _sample_rows(count: int, replies: dict[int, str] | None = None):
    """Return ``count`` samples whose reference the toy's reward passes, or that say what ``replies`` says."""
    return [
        {
            "id": f"row-{number}",
            "messages": [{"role": "user", "content": f"{number} + 1"}],
            "ground_truth": str(number + 1),
            "reference": (replies or {}).get(number, f"{number} + 1 = {number + 1}"),
        }
        for number in range(count)
    ]


def _install_toy(site: Path, reward: str) -> None:
    package = site / "toy_example"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(SPEC.replace("REWARD", reward), encoding="utf-8")
    _write_jsonl(package / "data" / "dataset.jsonl", _sample_rows(5))
    info = site / "reward_kit_toy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: reward-kit-toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[reward_kit.examples]\ntoy = toy_example:example\n")


@pytest.fixture(scope="session")
def sandbox():
    """Return the machine's sandbox. Where none works, say why: skip, or fail with REWARD_KIT_REQUIRE_SANDBOX set."""
    from reward_kit.sandbox import IsolationUnavailableError, get_sandbox

    try:
        return get_sandbox("auto")
    except IsolationUnavailableError as error:
        missing = f"this machine confines no program: {error}"
        if os.environ.get("REWARD_KIT_REQUIRE_SANDBOX"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture
def write_jsonl():
    """Return a function that writes rows to a file, one a line, and returns its path."""
    return _write_jsonl


@pytest.fixture
def sample_rows():
    """Return a function that makes rows of a data set for the toy."""
    return _sample_rows


@pytest.fixture
def toy(tmp_path):
    """Return the toy example whose reward compares the reply with the ground truth."""
    _install_toy(tmp_path / "site", "reward")
    (tmp_path / "work").mkdir()
    return Toy(tmp_path / "site", tmp_path / "work")


@pytest.fixture
def nasty_toy(tmp_path):
    """Return the toy example whose reward does what the reply says."""
    _install_toy(tmp_path / "site", "nasty")
    (tmp_path / "work").mkdir()
    return Toy(tmp_path / "site", tmp_path / "work")


@pytest.fixture(scope="module")
def toy_module(tmp_path_factory):
    """Return the toy's module, which worker processes can import as well."""
    site = tmp_path_factory.mktemp("toy") / "site"
    _install_toy(site, "reward")
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(site))
    import toy_example

    yield toy_example
    patch.undo()
    sys.modules.pop("toy_example", None)
