"""What importing costs: counted in CPU seconds and modules, in a process of its own."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "datasets",
    "transformers",
    "trl",
    "peft",
    "requests",
    "pydantic",
    "sympy",
    "fastapi",
    "jinja2",
    "pyarrow",
    "sqlite3",
    "docker",
)
LIMIT = 0.3
"""CPU seconds, with the start of Python itself."""

MEASURE = """
import json, resource, sys
try:
{code}
except SystemExit as end:
    assert not end.code, end.code
usage = resource.getrusage(resource.RUSAGE_SELF)
print("\\n" + json.dumps([usage.ru_utime + usage.ru_stime, sorted(sys.modules)]))
"""


def cost(code):
    """Return the CPU seconds of ``code``, the least of three, and the heavy modules that it loads."""
    indented = "\n".join(f"    {line}" for line in code.splitlines())
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE.format(code=indented)], capture_output=True, text=True, check=True
        )
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return min(seconds for seconds, _ in runs), [name for name in HEAVY if name in runs[0][1]]


@pytest.mark.parametrize(
    "module",
    [
        *("reward_kit", "reward_kit.cli", "reward_kit.errors", "reward_kit.reward_function", "reward_kit.evaluation"),
        "reward_kit.rewards.math",
    ],
)
def test_importing_is_fast_and_loads_nothing_heavy(module):
    seconds, heavy = cost(f"import {module}")
    assert heavy == []
    assert seconds < LIMIT


@pytest.mark.parametrize("verb", ["", "prepare", "check", "evaluate", "preview", "regenerate", "report", "train"])
def test_help_is_fast_and_loads_nothing_heavy(toy, verb):
    arguments = [*verb.split(), "--help"]
    code = f"""
import sys
sys.path.insert(0, {str(toy.site)!r})
from reward_kit.cli import example_main
example_main("toy", {arguments!r})
"""
    seconds, heavy = cost(code)
    assert heavy == []
    assert seconds < LIMIT


def test_the_list_of_verbs_is_fast_without_the_example(toy):
    code = f"""
import sys
sys.path.insert(0, {str(toy.site)!r})
from reward_kit.cli import main
main(["toy"])
"""
    indented = "\n".join(f"    {line}" for line in code.splitlines())
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(code=indented).replace("assert not end.code, end.code", "pass")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "evaluate" in done.stdout
    assert "toy_example" not in json.loads(done.stdout.splitlines()[-1])[1]


def test_the_public_names_of_the_package_are_these_and_can_be_had():
    import reward_kit

    assert set(reward_kit.__all__) == {
        *("EvaluateResult", "Example", "GenerationSettings", "GrpoSettings", "HubSource", "Message", "MetricResult"),
        *("Sample", "StepOutput", "__version__", "load_jsonl", "reward_function"),
    }
    assert all(getattr(reward_kit, name) is not None for name in reward_kit.__all__)
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = reward_kit.no_such_name


def test_the_public_names_of_the_evaluation_are_these_and_can_be_had():
    from reward_kit import evaluation

    assert set(evaluation.__all__) == {
        *("CheckReport", "EvaluatorPreviewResult", "ResultRow", "Summary", "agrade", "check", "evaluate", "grade"),
        *("grade_all", "prepare", "preview_evaluation", "wilson_interval"),
        *("AttemptsSummary", "Comparison", "compare", "pass_all_k", "pass_at_k"),
    }
    assert all(callable(getattr(evaluation, name)) for name in evaluation.__all__)


def test_the_public_names_of_the_data_package_are_these():
    from reward_kit import data

    assert set(data.__all__) == {"AppendLog", "load_jsonl", "read_jsonl", "read_replies", "read_samples", "to_line"}
