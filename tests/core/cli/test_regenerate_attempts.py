"""``regenerate --attempts`` against a real local server whose model is right every other time."""

import json
from collections import Counter

import pytest
from werkzeug import Response


@pytest.fixture
def endpoint(httpserver):
    """Return the URL of a model that answers each prompt rightly at first and wrongly the next time."""
    asked = Counter()

    def complete(request):
        prompt = request.get_json()["messages"][-1]["content"]
        asked[prompt] += 1
        said = f"= {eval(prompt)}" if asked[prompt] % 2 else "no idea"  # noqa: S307 - our own prompts: 0 + 1
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        return Response(json.dumps({"model": "tiny", "choices": [choice]}), content_type="application/json")

    httpserver.expect_request("/v1/chat/completions").respond_with_handler(complete)
    return httpserver.url_for("/v1")


def test_attempts_are_asked_for_graded_and_summed_up(toy, endpoint):
    arguments = [
        "regenerate",
        "--base-url",
        endpoint,
        "--attempts",
        "2",
        "--limit",
        "3",
        "--concurrency",
        "1",
        "--json",
    ]
    done = toy.run(*arguments)
    value = json.loads(done.stdout)
    assert (done.returncode, value["rows"], value["passed"], value["generation"]["asked"]) == (0, 6, 3, 6)
    assert [value["attempts"][name]["mean"] for name in ("pass_at_1", "pass_at_k", "pass_all_k")] == [0.5, 1.0, 0.0]
    again = json.loads(toy.run(*arguments).stdout)
    assert (again["generation"]["resumed"], again["generation"]["asked"]) == (6, 0)
    assert again["attempts"] == value["attempts"]


def test_a_file_with_attempts_is_not_graded_as_one_reply_per_row(toy, endpoint):
    arguments = ["regenerate", "--base-url", endpoint, "--limit", "2"]
    assert toy.run(*arguments, "--attempts", "2").returncode == 0
    done = toy.run(*arguments)
    assert done.returncode == 2
    assert "several attempts need --attempts" in done.stderr
