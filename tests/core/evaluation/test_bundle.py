"""A bundle holds what a reward needs and no more, runs without reward-kit, and carries no secrets."""

import json
import subprocess
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from types import SimpleNamespace

import pytest

from reward_kit.errors import UsageError
from reward_kit.evaluation.bundle import bundle_evaluator
from reward_kit.evaluation.imports import sources_of

RUN = """
import json, sys
sys.path[:0] = [{folder!r}]
sys.path.append({site!r})
import main
import reward_kit
outcome = {{"homes": sorted({{module.__file__ for name, module in list(sys.modules.items())
                            if name.split(".")[0] in ("main", "reward_kit", {top!r}) and module.__file__}})}}
try:
    outcome["result"] = main.evaluate(**json.loads({sample!r}))
except Exception as error:
    outcome["error"] = f"{{type(error).__name__}}: {{error}}"
print(json.dumps(outcome))
"""
SAMPLE = {
    "messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}],
    "ground_truth": "4",
}


def run_alone(bundle, folder, sample=SAMPLE, top="none"):
    """Run a bundle in an interpreter that has its folder, the standard library and, last, plain site-packages."""
    bundle.write(folder)
    site = sysconfig.get_path("purelib")
    code = RUN.format(folder=str(folder), site=site, sample=json.dumps(sample), top=top)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return SimpleNamespace(**{"result": None, "error": None, **json.loads(done.stdout)})


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write modules that can be imported until the test ends; every test names its own."""
    root = tmp_path / "source"
    root.mkdir()
    monkeypatch.syspath_prepend(str(root))
    tops = set()

    def write_files(files):
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            tops.add(name.partition("/")[0].removesuffix(".py"))

    yield write_files
    for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
        del sys.modules[name]


EQUAL = """
from reward_kit import EvaluateResult, Message, reward_function

@reward_function
def equal(messages: list[Message], *, ground_truth, **kwargs) -> EvaluateResult:
    return EvaluateResult(score=float(messages[-1].text == ground_truth), reason="compared", metrics={})
"""


def test_runs_where_reward_kit_is_not_installed_from_its_own_files_alone(write, tmp_path):
    write({"lone_rewards.py": EQUAL})
    outcome = run_alone(bundle_evaluator("lone_rewards:equal"), tmp_path / "bundle", top="lone_rewards")
    assert outcome.result == {"score": 1.0, "is_score_valid": True, "reason": "compared", "metrics": {}}
    assert all(home.startswith(str(tmp_path / "bundle")) for home in outcome.homes)
    assert str(tmp_path / "bundle" / "reward_kit" / "models.py") in outcome.homes


def test_holds_what_the_reward_needs_and_nothing_more(write):
    write({"narrow_rewards.py": EQUAL})
    assert list(bundle_evaluator("narrow_rewards:equal").files) == [
        "main.py",
        "narrow_rewards.py",
        "reward_kit/__init__.py",
        "reward_kit/models.py",
        "reward_kit/reward_function.py",
    ]


def test_follows_imports_of_every_form(write, tmp_path):
    write(
        {
            "formed/__init__.py": "",
            "formed/reward.py": "import formed.plain\nimport reward_kit\n"
            "from formed import named\nfrom .relative import *\nfrom . import sibling as s\n"
            "def score(messages, ground_truth=None):\n"
            "    from formed.inner.late import VALUE\n"
            "    total = formed.plain.VALUE + named.VALUE + STARRED + s.VALUE + VALUE\n"
            "    return reward_kit.EvaluateResult(score=total, reason='sum')\n",
            "formed/plain.py": "VALUE = 1\n",
            "formed/named.py": "VALUE = 2\n",
            "formed/relative.py": "STARRED = 4\n",
            "formed/sibling.py": "VALUE = 8\n",
            "formed/inner/__init__.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from formed.unneeded import Nothing\n",
            "formed/inner/late.py": "from ..deep import VALUE\n",
            "formed/deep.py": "VALUE = 16\n",
            "formed/unneeded.py": "Nothing = 1\n",
            "formed/unrelated.py": "",
        }
    )
    bundle = bundle_evaluator("formed.reward:score")
    assert [name for name in bundle.files if name.startswith("formed")] == [
        "formed/__init__.py",
        "formed/deep.py",
        "formed/inner/__init__.py",
        "formed/inner/late.py",
        "formed/named.py",
        "formed/plain.py",
        "formed/relative.py",
        "formed/reward.py",
        "formed/sibling.py",
    ]
    assert run_alone(bundle, tmp_path / "bundle").result["score"] == 31.0


def test_follows_names_that_a_package_loads_on_first_use(write, tmp_path):
    write(
        {
            "lazy/__init__.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from lazy.home import score\n    from lazy.other import unused\n"
            "def __getattr__(name):\n"
            "    from importlib import import_module\n"
            "    return getattr(import_module('lazy.home'), name)\n",
            "lazy/home.py": "def score(messages):\n    return {'score': 0.5, 'reason': 'half'}\n",
            "lazy/other.py": "",
        }
    )
    bundle = bundle_evaluator("lazy:score")
    assert [name for name in bundle.files if name.startswith("lazy")] == ["lazy/__init__.py", "lazy/home.py"]
    assert run_alone(bundle, tmp_path / "bundle").result["score"] == 0.5


def test_modules_beside_the_reward_come_along(write):
    write(
        {
            "beside.py": "import beside_other\ndef score(messages):\n    return beside_other.ONE\n",
            "beside_other.py": "ONE = 1\n",
        }
    )
    assert "beside_other.py" in bundle_evaluator("beside:score").files


def test_requirements_are_as_reward_kit_declares_them_or_what_is_installed(write):
    write({"needy.py": "import json\nimport pytest\nimport requests\nif 0:\n    import not_installed\n" + EQUAL})
    assert bundle_evaluator("needy:equal").requirements == (
        "pydantic<3,>=2.12",
        f"pytest=={pytest.__version__}",
        "requests<3,>=2.32",
    )


def test_requirements_that_the_reward_states_come_along(write):
    write({"stated.py": EQUAL.replace("@reward_function", "@reward_function(requirements=['rapidfuzz>=3'])")})
    assert "rapidfuzz>=3" in bundle_evaluator("stated:equal").requirements


def test_the_same_input_gives_the_same_bytes_and_another_input_others(write):
    write({"stable.py": EQUAL, "changed.py": EQUAL.replace("compared", "looked at")})
    first, second = bundle_evaluator("stable:equal"), bundle_evaluator("stable:equal")
    assert first.files == second.files
    assert first.digest == second.digest
    assert first.digest != bundle_evaluator("changed:equal", name=first.name).digest


def test_an_asynchronous_reward_runs(write, tmp_path):
    write(
        {
            "waiting.py": "import asyncio\n"
            "async def score(messages, ground_truth):\n"
            "    await asyncio.sleep(0)\n"
            "    return {'score': 1.0, 'reason': ground_truth}\n"
        }
    )
    assert run_alone(bundle_evaluator("waiting:score"), tmp_path / "bundle").result["reason"] == "4"


def test_a_reward_gets_only_the_arguments_that_it_takes(write, tmp_path):
    write({"picky.py": "def score(messages, ground_truth):\n    return {'score': 1.0, 'reason': 'taken'}\n"})
    bundle = bundle_evaluator("picky:score")
    assert run_alone(bundle, tmp_path / "bundle", {**SAMPLE, "unknown": 1}).result["score"] == 1.0


def test_what_is_not_graded_is_raised_and_never_a_score(write, tmp_path):
    write(
        {
            "undecided.py": "from reward_kit import EvaluateResult\n"
            "def score(messages):\n    return EvaluateResult.not_graded('the judge is away')\n"
            "def crash(messages):\n    return 1 / 0\n"
        }
    )
    outcomes = [run_alone(bundle_evaluator(f"undecided:{name}"), tmp_path / name) for name in ("score", "crash")]
    assert [outcome.error for outcome in outcomes] == [
        "RuntimeError: not graded: the judge is away",
        "ZeroDivisionError: division by zero",
    ]


def test_a_reward_can_be_given_as_the_function_itself(write):
    write({"given.py": EQUAL})
    import given

    assert bundle_evaluator(given.equal).digest == bundle_evaluator("given:equal").digest


def test_a_reward_without_an_importable_name_is_refused():
    with pytest.raises(UsageError, match="expected a function that can be imported by its name"):
        bundle_evaluator(lambda messages: messages)


@pytest.mark.parametrize("target", ["no_such_module:score", "json:no_such_name", "json", "json:decoder"])
def test_a_name_that_is_no_reward_is_refused(target):
    with pytest.raises(UsageError, match="expected"):
        bundle_evaluator(target)


def test_compiled_code_is_refused(write):
    write({f"compiled_part{EXTENSION_SUFFIXES[0]}": "", "whole.py": "from compiled_part import x\n"})
    with pytest.raises(UsageError, match="only source can be packaged"):
        sources_of("import whole")


@pytest.mark.parametrize(
    "secret",
    ["fw_0123456789abcdefghijKLMN", "sk-proj-0123456789abcdefghij", "AKIA0123456789ABCDEF", "known-to-the-caller"],
)
def test_a_source_with_a_key_in_it_is_refused_by_its_place_and_without_the_key(write, secret):
    write({"leaky.py": f"{EQUAL}\nKEY = '{secret}'\n"})
    with pytest.raises(UsageError, match=r"leaky\.py:8 holds what looks like a key") as caught:
        bundle_evaluator("leaky:equal", secrets=["known-to-the-caller"])
    assert secret not in str(caught.value)


def test_a_package_whose_files_are_read_is_taken_as_a_whole(write):
    reads = "from importlib.resources import files\n\nTEXTS = [file.read_text() for file in files('read_parts')]\n"
    write({"read_parts/__init__.py": "", "read_parts/one.py": "ONE = 1\n", "reads_files.py": reads})
    sources = sources_of("import reads_files", own=["read_parts"])
    assert set(sources.files) == {"reads_files.py", "read_parts/__init__.py", "read_parts/one.py"}


def test_a_code_reward_brings_its_sandbox(tmp_path):
    reply = "```python\nprint(int(input()) * 2)\n```"
    sample = {
        "messages": [{"role": "user", "content": "Double it."}, {"role": "assistant", "content": reply}],
        "ground_truth": [{"input": "4", "expected_output": "8"}, {"input": "5", "expected_output": "11"}],
    }
    bundle = bundle_evaluator("reward_kit.rewards.code_execution:fractional_code_reward")
    outcome = run_alone(bundle, tmp_path, sample)
    if outcome.error and "no sandbox works here" in outcome.error:
        pytest.skip(outcome.error)
    assert outcome.result["score"] == 0.5
