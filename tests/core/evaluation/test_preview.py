"""Previews of evaluators against the local Fireworks, which runs their code for real."""

import json

import pytest

from reward_kit.clients.fireworks import MissingCredentialsError, connect
from reward_kit.errors import DataError, EndpointMissingError, RemoteStatusError, UsageError
from reward_kit.evaluation import preview_evaluation
from reward_kit.evaluation.bundle import bundle_evaluator
from reward_kit.testing.fireworks import Faults, FireworksServer

LENGTH = """
def evaluate(messages, ground_truth=None, **kwargs):
    right = messages[-1]["content"] == ground_truth
    return {"score": 1.0 if right else 0.25, "reason": "compared", "metrics": {"length": {"score": 0.5, "reason": "r"}}}
"""

DIVIDE = """
def evaluate(messages, ground_truth=None, **kwargs):
    return {"score": 1 / int(ground_truth), "reason": "divided"}
"""


def row(content="4", ground_truth="4", **more):
    messages = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": content}]
    return {"messages": messages, "ground_truth": ground_truth, **more}


@pytest.fixture(scope="module")
def running():
    with FireworksServer() as server:
        yield server
        assert server.unexpected == []


@pytest.fixture
def server(running):
    running.faults = Faults()
    running.forget()
    return running


@pytest.fixture
def client(server):
    with connect(api_key=server.api_key, account_id=server.account_id, base_url=server.url) as client:
        yield client


@pytest.fixture
def folder(tmp_path):
    def write(files, name="metric"):
        for relative, text in files.items():
            path = tmp_path / name / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return str(tmp_path / name)

    return write


def evaluators(server):
    return [request.json["evaluator"] for request in server.requests if "previewEvaluator" in request.path]


def test_gives_what_the_code_gives(client):
    result = preview_evaluation(python_code_to_evaluate=LENGTH, samples=[row(), row("5")], client=client)
    assert [(item.index, item.success, item.score) for item in result.results] == [(0, True, 1.0), (1, True, 0.25)]
    assert result.total_samples == 2
    assert result.total_runtime_ms > 0
    assert result.results[0].per_metric_evals["length"]["score"] == 0.5


def test_all_python_files_of_a_metric_folder_are_sent(client, server, folder):
    path = folder(
        {
            "main.py": "from parts.half import HALF\n"
            "def evaluate(messages, **kwargs):\n    return {'score': HALF, 'reason': 'r'}\n",
            "parts/__init__.py": "",
            "parts/half.py": "HALF = 0.5\n",
            "notes.md": "not code",
            "__pycache__/stale.py": "broken(",
            "requirements.txt": "# what it needs\npydantic>=2\n",
        }
    )
    result = preview_evaluation(metric_folders=[f"half={path}"], samples=[row()], client=client)
    (evaluator,) = evaluators(server)
    (criterion,) = evaluator["criteria"]
    assert result.results[0].score == 0.5
    assert (criterion["name"], criterion["type"]) == ("half", "CODE_SNIPPETS")
    assert sorted(criterion["codeSnippets"]["fileContents"]) == ["main.py", "parts/__init__.py", "parts/half.py"]
    assert evaluator["requirements"] == "pydantic>=2"


def test_requirements_of_decorators_are_read_and_not_run(client, server):
    code = (
        "def reward_function(**kwargs):\n    return lambda function: function\n"
        "@reward_function(requirements=['pydantic>=2', 'click'])\n" + LENGTH.lstrip()
    )
    preview_evaluation(python_code_to_evaluate=code, samples=[row()], client=client)
    assert evaluators(server)[0]["requirements"] == "pydantic>=2\nclick"


def test_several_metric_folders_are_several_criteria(client, folder):
    code = "def evaluate(messages, **kwargs):\n    return {'score': %s, 'reason': 'constant'}\n"
    one, other = folder({"main.py": code % 1.0}, "one"), folder({"main.py": code % 0.0}, "other")
    result = preview_evaluation(metric_folders=[f"one={one}", f"other={other}"], samples=[row()], client=client)
    assert {name: metric["score"] for name, metric in result.results[0].per_metric_evals.items()} == {
        "one": 1.0,
        "other": 0.0,
    }


def test_a_folder_of_several_metrics_says_so(client, server, folder):
    preview_evaluation(folder=folder({"main.py": LENGTH}), samples=[row()], client=client)
    assert evaluators(server)[0]["multiMetrics"] is True


def test_a_bundle_is_sent_with_its_digest(client, server):
    bundle = bundle_evaluator("reward_kit.rewards.math:math_reward", name="math")
    result = preview_evaluation(bundle=bundle, samples=[row(), row("5")], client=client)
    assert [item.score for item in result.results] == [1.0, 0.0]
    assert bundle.digest[:16] in evaluators(server)[0]["description"]


def test_other_fields_of_a_row_are_arguments_of_the_evaluator(client):
    code = "def evaluate(messages, weight=0.0, **kwargs):\n    return {'score': weight, 'reason': 'w'}\n"
    result = preview_evaluation(python_code_to_evaluate=code, samples=[row(weight=0.75)], client=client)
    assert result.results[0].score == 0.75


def test_samples_go_in_bounded_batches_and_keep_their_order(client, server):
    code = "def evaluate(messages, place=0, **kwargs):\n    return {'score': place / 8, 'reason': 'p'}\n"
    rows = [row(place=place) for place in range(8)]
    result = preview_evaluation(python_code_to_evaluate=code, samples=rows, max_samples=7, batch_size=3, client=client)
    assert [item.score for item in result.results] == [place / 8 for place in range(7)]
    assert [item.index for item in result.results] == list(range(7))
    assert [request.json["maxSamples"] for request in server.requests] == [3, 3, 1]
    assert result.total_samples == 7


def test_an_evaluator_that_fails_has_no_score_and_shows_its_traceback(client):
    result = preview_evaluation(
        python_code_to_evaluate=DIVIDE, samples=[row(ground_truth="0"), row(ground_truth="1")], client=client
    )
    failed, right = result.results
    assert (failed.success, failed.score) == (False, None)
    assert "Traceback (most recent call last):" in failed.error
    assert "ZeroDivisionError: division by zero" in failed.error
    assert (right.success, right.score, right.error) == (True, 1.0, None)


def test_code_that_cannot_be_imported_is_refused_by_the_service_with_the_reason(client):
    with pytest.raises(RemoteStatusError, match=r"No module named .*nowhere") as caught:
        preview_evaluation(python_code_to_evaluate="import nowhere\n" + LENGTH, samples=[row()], client=client)
    assert caught.value.status == 400


def test_faults_of_the_service_are_got_over(client, server):
    server.faults = Faults(script={"*previewEvaluator": ["503", "cut-mid-body", "truncated-json", "409", None]})
    result = preview_evaluation(python_code_to_evaluate=LENGTH, samples=[row()], client=client)
    assert result.results[0].score == 1.0
    assert len(server.requests) == 5


def test_a_service_without_previews_is_told_with_the_alternative(client, server):
    server.faults = Faults(script={"*previewEvaluator": "404"})
    with pytest.raises(EndpointMissingError) as caught:
        preview_evaluation(python_code_to_evaluate=LENGTH, samples=[row()], client=client)
    assert "answered 404" in str(caught.value)
    assert str(caught.value).endswith(
        "this service has no previewEvaluator; `evaluate` grades the same rows with the same code on this machine, "
        "and --base-url names a service that has it"
    )


def test_reads_samples_from_a_file(client, tmp_path):
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps(row(content)) + "\n" for content in "4567890"))
    result = preview_evaluation(python_code_to_evaluate=LENGTH, sample_file=str(path), client=client)
    assert [item.score for item in result.results] == [1.0, 0.25, 0.25, 0.25, 0.25]


def test_a_row_without_messages_is_named_by_its_line(client, server, tmp_path):
    path = tmp_path / "samples.jsonl"
    path.write_text(json.dumps(row()) + '\n{"messages": []}\n')
    with pytest.raises(DataError, match=r"samples\.jsonl:2: messages: found \[\], expected a list of messages"):
        preview_evaluation(python_code_to_evaluate=LENGTH, sample_file=str(path), client=client)
    assert server.requests == []


def test_reads_samples_from_a_data_set_folder_in_the_shape_of_the_hub(client, tmp_path):
    raw = [{"question": "2 + 2?", "answer": "4", "truth": "4"}, {"question": "2 + 2?", "answer": "5", "truth": "4"}]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(item) + "\n" for item in raw))
    result = preview_evaluation(
        python_code_to_evaluate=LENGTH,
        huggingface_dataset=str(tmp_path),
        huggingface_split="test",
        huggingface_prompt_key="question",
        huggingface_response_key="answer",
        huggingface_message_key_map={"truth": "ground_truth"},
        client=client,
    )
    assert [item.score for item in result.results] == [1.0, 0.25]


@pytest.mark.parametrize(
    ("sources", "complaint"),
    [
        ({}, "No code files loaded"),
        ({"metric_folders": ["no-equals-sign"]}, "Invalid metric-folder format: found 'no-equals-sign'"),
        ({"metric_folders": ["name="]}, "Invalid metric-folder format"),
        ({"folder": "no/such/folder"}, "No code files loaded: found no folder 'no/such/folder'"),
        ({"python_code_to_evaluate": "def evaluate(:"}, r"main\.py:1: not Python"),
        ({"python_code_to_evaluate": LENGTH + "KEY = 'fw_0123456789abcdefghijKLMN'"}, "holds what looks like a key"),
        ({"python_code_to_evaluate": LENGTH, "reward_function_mode": "batch"}, "one sample at a time: 'pointwise'"),
    ],
)
def test_what_cannot_be_sent_is_a_value_error_before_anything_is_sent(server, sources, complaint):
    with pytest.raises(ValueError, match=complaint) as caught:
        preview_evaluation(**sources, samples=[row()])
    assert isinstance(caught.value, UsageError)
    assert server.requests == []


def test_a_metric_folder_without_an_evaluate_function_is_refused(folder):
    with pytest.raises(UsageError, match=r"expected a main\.py with a function 'evaluate'"):
        preview_evaluation(folder=folder({"main.py": "def grade(messages): ...\n"}), samples=[row()])


def test_no_samples_is_a_value_error():
    with pytest.raises(ValueError, match="found no samples, expected sample_file, huggingface_dataset or samples"):
        preview_evaluation(python_code_to_evaluate=LENGTH)


def test_no_key_is_told_before_anything_is_sent(server, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("FIREWORKS_API_KEY", raising=False)
    monkeypatch.setenv("FIREWORKS_API_BASE", server.url)
    with pytest.raises(MissingCredentialsError, match="Missing Fireworks Account ID or API Key"):
        preview_evaluation(python_code_to_evaluate=LENGTH, samples=[row()])
    assert server.requests == []


def test_key_account_and_base_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("FIREWORKS_API_KEY", server.api_key)
    monkeypatch.delenv("FIREWORKS_ACCOUNT_ID", raising=False)
    monkeypatch.setenv("FIREWORKS_API_BASE", server.url)
    result = preview_evaluation(python_code_to_evaluate=LENGTH, samples=[row()])
    assert result.results[0].score == 1.0
    assert [request.path for request in server.requests] == [
        "/verifyApiKey",
        f"/v1/accounts/{server.account_id}/evaluators:previewEvaluator",
    ]


def test_displays_every_sample(client, capsys):
    rows = [row(ground_truth="2"), row(ground_truth="0")]
    preview_evaluation(python_code_to_evaluate=DIVIDE, samples=rows, client=client).display()
    shown = capsys.readouterr().out
    assert shown.startswith("Evaluation Preview Results\nTotal Samples: 2\nTotal Runtime: ")
    assert "Sample 1:\n  Success: True\n  Score: 0.5000\n" in shown
    assert "Sample 2:\n  Success: False\n  Score: none\n" in shown
    assert "ZeroDivisionError" in shown
