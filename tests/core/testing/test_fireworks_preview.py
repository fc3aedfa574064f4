"""The preview executes what is uploaded, and a hostile or broken evaluator fails there without hurting the server."""

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reward_kit.testing.fireworks import FireworksServer, Limits

EXACT = """
def evaluate(messages, ground_truth=None, **kwargs):
    right = messages[-1]["content"] == ground_truth
    return {"score": float(right), "reason": f"{messages[-1]['content']} against {ground_truth}"}
"""


def sample(content="4", ground_truth="4", **further):
    messages = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": content}]
    return json.dumps({"messages": messages, "ground_truth": ground_truth, **further})


def body(files, samples, *, requirements="", max_samples=None, **snippets):
    files = {"main.py": files} if isinstance(files, str) else files
    code = {"language": "python", "fileContents": files, **snippets}
    criterion = {"type": "CODE_SNIPPETS", "name": "exact", "description": "", "codeSnippets": code}
    evaluator = {
        "displayName": "Exact",
        "description": "",
        "multiMetrics": True,
        "criteria": [criterion],
        "requirements": requirements,
        "rollupSettings": {"skipRollup": True},
    }
    sent = {"evaluator": evaluator, "sampleData": samples}
    return sent if max_samples is None else {**sent, "maxSamples": max_samples}


@pytest.fixture
def preview(fireworks, call):
    def run(files, samples=None, **options):
        sent = body(files, [sample()] if samples is None else samples, **options)
        return call(fireworks, "POST", "/v1/accounts/local/evaluators:previewEvaluator", json=sent)

    return run


def metric(answer, row=0):
    assert answer.status_code == 200, answer.text
    return answer.json()["results"][row]["perMetricEvals"]["exact"]


def test_each_sample_gets_what_the_code_gives(preview):
    answer = preview(EXACT, [sample("4"), sample("5")])

    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {"score": 1.0, "perMetricEvals": {"exact": {"score": 1.0, "reason": "4 against 4", "success": None}}},
        {"score": 0.0, "perMetricEvals": {"exact": {"score": 0.0, "reason": "5 against 4", "success": None}}},
    ]
    assert answer.json()["totalSamples"] == 2
    assert answer.json()["totalRuntimeMs"].isdecimal()


def test_an_async_evaluator_is_awaited(preview):
    code = "import asyncio\nasync def evaluate(**kwargs):\n    await asyncio.sleep(0)\n    return {'score': 0.25}\n"

    assert metric(preview(code))["score"] == 0.25


def test_a_result_that_is_a_model_is_dumped_and_its_metrics_are_told(preview):
    code = """
from reward_kit.models import EvaluateResult, MetricResult
def evaluate(messages, **kwargs):
    return EvaluateResult(score=0.5, reason="half", metrics={"length": MetricResult(score=1.0, reason="short")})
"""
    answer = preview(code)

    assert metric(answer) == {"score": 0.5, "reason": "half", "success": None}
    assert answer.json()["results"][0]["perMetricEvals"]["length"] == {"score": 1.0, "reason": "short", "success": None}


def test_further_fields_of_the_sample_are_keyword_arguments(preview):
    code = (
        "def evaluate(messages, ground_truth, *, unit, tags):\n    return {'score': 1.0, 'reason': f'{unit} {tags}'}\n"
    )

    assert metric(preview(code, [sample(unit="kg", tags=["a"])]))["reason"] == "kg ['a']"


def test_files_in_folders_import_each_other_and_win_over_what_is_installed(preview):
    files = {
        "main.py": "from parts.grade import evaluate\n",
        "parts/__init__.py": "",
        "parts/grade.py": "import requests\ndef evaluate(**kwargs):\n    return {'score': requests.SCORE}\n",
        "requests.py": "SCORE = 0.75\n",
    }

    assert metric(preview(files))["score"] == 0.75


def test_the_code_can_read_the_files_beside_it(preview):
    code = "from pathlib import Path\ndef evaluate(**k):\n    return {'score': float(Path('score.txt').read_text())}\n"

    assert metric(preview({"main.py": code, "score.txt": "0.5"}))["score"] == 0.5


def test_the_entry_file_and_function_are_respected(preview):
    code = "def grade(**kwargs):\n    return {'score': 0.125}\n"

    assert metric(preview({"lib/judge.py": code}, entryFile="lib/judge.py", entryFunc="grade"))["score"] == 0.125


def test_a_missing_entry_file_is_refused_by_name(preview):
    answer = preview({"other.py": EXACT})

    assert answer.status_code == 400
    assert "evaluator.criteria[0].codeSnippets" in answer.json()["message"]
    assert "'main.py'" in answer.json()["message"]


def test_only_so_many_samples_are_run(preview):
    answer = preview(EXACT, [sample()] * 5, max_samples=2)

    assert answer.json()["totalSamples"] == 2
    assert len(answer.json()["results"]) == 2


def test_several_criteria_are_averaged_and_each_is_told(fireworks, call):
    sent = body(EXACT, [sample()])
    second = json.loads(json.dumps(sent["evaluator"]["criteria"][0]))
    second["name"] = "half"
    second["codeSnippets"]["fileContents"]["main.py"] = "def evaluate(**kwargs):\n    return {'score': 0.5}\n"
    sent["evaluator"]["criteria"].append(second)
    answer = call(fireworks, "POST", "/v1/accounts/local/evaluators:previewEvaluator", json=sent)

    (row,) = answer.json()["results"]
    assert row["score"] == 0.75
    assert {name: entry["score"] for name, entry in row["perMetricEvals"].items()} == {"exact": 1.0, "half": 0.5}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def evaluate(:\n", "SyntaxError"),
        ("import no_such_module_here\n", "ModuleNotFoundError: No module named 'no_such_module_here'"),
        ("raise RuntimeError('at import')\n", "RuntimeError: at import"),
        ("grade = None\n", "'main.py' has no function 'evaluate'"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("import os\nprint('last words')\nos._exit(3)\n", "its process ended with exit code 3\nlast words"),
        ("import os\nos.kill(os.getpid(), 9)\n", "its process was ended by signal 9"),
    ],
)
def test_code_that_cannot_be_imported_is_400_with_its_traceback(preview, code, told):
    answer = preview(code)

    assert answer.status_code == 400
    assert answer.json()["code"] == 3
    assert answer.json()["message"].startswith("the evaluator cannot be imported")
    assert told in answer.json()["message"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("raise KeyError('colour')", "KeyError: 'colour'"),
        ("raise SystemExit(4)", "SystemExit: 4"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os; print('last words', flush=True); os._exit(5)", "exit code 5\nlast words"),
        ("import os; os.abort()", "ended by signal 6"),
        ("return None", "found None, expected an object with a score"),
        ("return 1.0", "found 1.0, expected an object with a score"),
        ("return {'reason': 'x'}", "expected an object with a score"),
        ("return {'score': float('nan')}", "found the score nan, expected a finite number"),
        ("return {'score': float('inf')}", "found the score inf, expected a finite number"),
        ("return {'score': '1.0'}", "found the score '1.0', expected a finite number"),
        ("return {'score': 0.0, 'is_score_valid': False, 'error': 'no judge'}", "no judge"),
        ("def f(): return f()\n    f()", "RecursionError"),
        ("return {'score': 1.0, 'reason': 'x' * 3_000_000}", "it returned more than 1048576 bytes"),
        ("return 'x' * (6 << 30)", "MemoryError"),
    ],
)
def test_a_failure_on_a_sample_is_told_and_is_no_score(preview, statement, told):
    answer = preview(f"def evaluate(**kwargs):\n    {statement}\n")

    assert metric(answer)["success"] is False
    assert told in metric(answer)["reason"]
    assert metric(answer)["score"] == 0.0
    assert answer.json()["results"][0]["success"] is False


def test_a_traceback_shows_the_uploaded_file_and_no_path_of_this_machine(preview):
    reason = metric(preview("def evaluate(**kwargs):\n    return 1 / 0\n"))["reason"]

    assert 'File "main.py", line 2, in evaluate' in reason
    assert "evaluator_child" not in reason
    assert "/" not in reason.replace("1 / 0", "")


def test_a_sample_that_ends_the_process_does_not_take_the_others_with_it(preview):
    code = """
import os
def evaluate(messages, **kwargs):
    if messages[-1]["content"] == "crash":
        os._exit(1)
    return {"score": 1.0}
"""
    answer = preview(code, [sample("a"), sample("crash"), sample("b"), sample("crash"), sample("c")])

    assert [row.get("success", row["score"]) for row in answer.json()["results"]] == [1.0, False, 1.0, False, 1.0]


def test_an_endless_loop_is_stopped_and_so_is_what_it_started(call):
    code = """
import os, subprocess, sys
def evaluate(messages, **kwargs):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print("child", child.pid, flush=True)
    while True:
        pass
"""
    with FireworksServer(limits=Limits(sample_seconds=1.0)) as server:
        started = time.monotonic()
        sent = body(code, [sample()])
        answer = call(server, "POST", "/v1/accounts/local/evaluators:previewEvaluator", json=sent)
        elapsed = time.monotonic() - started

    reason = metric(answer)["reason"]
    assert reason.startswith("it did not answer in time and was stopped")
    assert elapsed < 15
    pid = int(reason.split("child ")[1])
    assert _gone(pid)


def _gone(pid):
    """Whether the process has ended; one that nobody waited for yet has ended, too."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_an_endless_import_is_stopped(call):
    with FireworksServer(limits=Limits(import_seconds=0.5)) as server:
        sent = body("while True:\n    pass\n", [sample()])
        answer = call(server, "POST", "/v1/accounts/local/evaluators:previewEvaluator", json=sent)

    assert answer.status_code == 400
    assert "it did not answer in time" in answer.json()["message"]


def test_the_whole_preview_has_a_deadline(call):
    with FireworksServer(limits=Limits(sample_seconds=0.4, total_seconds=1.0)) as server:
        sent = body("import time\ndef evaluate(**kwargs):\n    time.sleep(60)\n", [sample()] * 50)
        started = time.monotonic()
        answer = call(server, "POST", "/v1/accounts/local/evaluators:previewEvaluator", json=sent)

    assert time.monotonic() - started < 10
    assert [row["success"] for row in answer.json()["results"]] == [False] * 50


def test_stopping_the_server_stops_an_evaluator(call):
    with FireworksServer() as server:
        sent = body("import time\ndef evaluate(**kwargs):\n    time.sleep(60)\n", [sample()])
        url = "/v1/accounts/local/evaluators:previewEvaluator"
        with ThreadPoolExecutor(1) as pool:
            pool.submit(call, server, "POST", url, json=sent)
            while not server.requests:
                time.sleep(0.01)
            time.sleep(0.3)
            started = time.monotonic()
            server.stop()

    assert time.monotonic() - started < 5


def test_ten_megabytes_of_output_are_swallowed(preview):
    code = "def evaluate(**kwargs):\n    print('x' * 10_000_000)\n    return {'score': 1.0}\n"

    assert metric(preview(code)) == {"score": 1.0, "reason": "", "success": None}


def test_only_the_end_of_the_output_is_kept(preview):
    code = "import os\ndef evaluate(**kwargs):\n    print('x' * 10_000_000 + 'end', flush=True)\n    os._exit(1)\n"
    reason = metric(preview(code))["reason"]

    assert reason.endswith("xxxend")
    assert len(reason) < 20_000


def test_the_code_sees_neither_the_key_nor_the_environment(preview, monkeypatch):
    monkeypatch.setenv("FIREWORKS_API_KEY", "fw_very_secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    code = """
import json, os
def evaluate(**kwargs):
    return {"score": 1.0, "reason": json.dumps(dict(os.environ))}
"""
    reason = metric(preview(code))["reason"]

    assert "fw_very_secret" not in reason
    assert set(json.loads(reason)) == {"HOME", "LANG", "PATH", "TMPDIR"}


def test_writing_to_the_channel_of_the_results_is_no_score(preview):
    code = """
import os
def evaluate(**kwargs):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"nonsense\\n")
        except OSError:
            pass
    return {"score": 1.0}
"""
    assert metric(preview(code))["success"] is False


def test_nothing_is_left_behind_on_disk(preview, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    tempfile.tempdir = None
    try:
        metric(preview("def evaluate(**k):\n    open('left', 'w').close()\n    return {'score': 1.0}\n"))
    finally:
        tempfile.tempdir = None

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../main.py", "/etc/main.py", "a/../../main.py", "", ".", "a\\b.py", "a\0b.py"])
def test_file_names_that_lead_elsewhere_are_refused(preview, name):
    answer = preview({"main.py": EXACT, name: "x = 1"})

    assert answer.status_code == 400
    assert "evaluator.criteria[0].codeSnippets.fileContents" in answer.json()["message"]


def test_a_file_that_is_also_a_folder_is_refused(preview):
    assert preview({"main.py": EXACT, "a": "", "a/b.py": ""}).status_code == 400


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ([sample(), "{"], "sampleData[1]: not valid JSON"),
        ([sample(), sample(), "[]"], "sampleData[2]: expected a JSON object with a list of messages"),
        (['{"messages": "hello"}'], "sampleData[0]: expected a JSON object with a list of messages"),
        ([], "sampleData: List should have at least 1 item"),
        ([{"messages": []}], "sampleData[0]: Input should be a valid string"),
    ],
)
def test_malformed_samples_are_400_and_named(preview, samples, told):
    answer = preview(EXACT, samples)

    assert answer.status_code == 400
    assert told in answer.json()["message"]


def test_a_field_that_is_wrong_is_named(fireworks, call):
    sent = body(EXACT, [sample()])
    sent["evaluator"]["criteria"][0]["codeSnippets"]["language"] = "typescript"
    answer = call(fireworks, "POST", "/v1/accounts/local/evaluators:previewEvaluator", json=sent)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("evaluator.criteria[0].codeSnippets.language")


def test_a_criterion_without_code_is_refused(fireworks, call):
    sent = body(EXACT, [sample()])
    del sent["evaluator"]["criteria"][0]["codeSnippets"]
    answer = call(fireworks, "POST", "/v1/accounts/local/evaluators:previewEvaluator", json=sent)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("evaluator.criteria[0].codeSnippets: found none")


def test_an_evaluator_without_criteria_is_refused(fireworks, call):
    sent = {"evaluator": {"displayName": "x"}, "sampleData": [sample()]}
    answer = call(fireworks, "POST", "/v1/accounts/local/evaluators:previewEvaluator", json=sent)

    assert answer.status_code == 400
    assert "evaluator.criteria" in answer.json()["message"]


def test_a_requirement_that_is_not_installed_is_a_failed_build_that_names_it(preview):
    answer = preview(EXACT, requirements="pydantic>=2  # fine\nno-such-thing-on-earth==1.2\n\nrequests\n")

    assert answer.status_code == 400
    assert answer.json()["code"] == 9
    assert answer.json()["message"] == "build failed: no matching distribution found for no-such-thing-on-earth==1.2"


def test_installed_requirements_are_fine(preview):
    assert metric(preview(EXACT, requirements="pydantic>=2\nrequests"))["score"] == 1.0
