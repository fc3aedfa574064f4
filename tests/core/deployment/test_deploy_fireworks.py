"""Deploying an evaluator to the local Fireworks, which unpacks, compiles and imports what is uploaded."""

import gzip
import os
import subprocess
import sys

import pytest

from reward_kit.clients.fireworks import connect
from reward_kit.clients.fireworks_secrets import put_secret
from reward_kit.deployment import deploy_evaluator
from reward_kit.deployment.fireworks import archive_of
from reward_kit.errors import ContractError, PrerequisiteError, RemoteError, RemoteStatusError, UsageError
from reward_kit.evaluation import preview_evaluation
from reward_kit.evaluation.bundle import Bundle, bundle_evaluator, bundle_remote
from reward_kit.testing.fireworks import Faults, FireworksServer

MATH = "reward_kit.rewards.math:math_reward"
MEAN = "/v1/accounts/{}/evaluators/{}"


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


def broken():
    return Bundle(name="broken", files={"main.py": "import nothing_of_that_name\n"}, requirements=())


def test_an_evaluator_is_built_and_active(client):
    states = []
    found = deploy_evaluator(client, bundle_evaluator(MATH), "math", poll=0.05, on_state=states.append)
    assert (found.name, found.updated) == (f"accounts/{client.account_id}/evaluators/math", False)
    assert states[-1] == "ACTIVE"


def test_what_is_there_is_updated_in_place(client, server):
    deploy_evaluator(client, bundle_evaluator(MATH), "again", poll=0.05)
    assert deploy_evaluator(client, bundle_evaluator(MATH), "again", poll=0.05).updated
    assert "DELETE" not in {request.method for request in server.requests}


def test_a_build_that_fails_ends_with_its_log_and_leaves_the_next_one_to_mend_it(client):
    with pytest.raises(ContractError, match=r"the build of 'mended' failed: .*nothing_of_that_name") as caught:
        deploy_evaluator(client, broken(), "mended", poll=0.05)
    assert "BUILD FAILED" in str(caught.value)
    assert deploy_evaluator(client, bundle_evaluator(MATH), "mended", poll=0.05).updated


def test_an_account_that_may_not_create_is_told_what_to_do(client, server):
    server.faults = Faults(rate=1.0, kinds=("403",), routes="POST *evaluatorsV2")
    with pytest.raises(PrerequisiteError, match=r"admin role required to call CreateEvaluatorV2.*have an admin's key"):
        deploy_evaluator(client, bundle_evaluator(MATH), "gated", poll=0.05)


def test_a_name_that_the_platform_refuses_is_an_error(client):
    with pytest.raises(RemoteStatusError, match="400"):
        deploy_evaluator(client, bundle_evaluator(MATH), "Not An Id", poll=0.05)


def test_faults_on_the_way_are_got_over(client, server):
    server.faults = Faults(rate=0.3, kinds=("503", "429-retry-after-ms", "cut-before-answer"), seed=3)
    assert deploy_evaluator(client, bundle_evaluator(MATH), "faulty", poll=0.05).name.endswith("/faulty")


def test_a_build_that_takes_too_long_is_given_up(client):
    with pytest.raises(RemoteError, match=r"still BUILDING after 0 s; ask for it later"):
        deploy_evaluator(client, bundle_evaluator(MATH), "slow", poll=0.01, deadline=0)


def test_the_key_does_not_go_to_the_storage(client, server):
    deploy_evaluator(client, bundle_evaluator(MATH), "keyless", poll=0.05)
    uploads = [request for request in server.requests if request.method == "PUT"]
    assert uploads
    assert not any("authorization" in {name.lower() for name in request.headers} for request in uploads)


def test_the_same_bundle_gives_the_same_archive():
    first, second = (archive_of(bundle_evaluator(MATH)) for _ in range(2))
    assert first == second
    assert b"main.py" in gzip.decompress(first)


def test_an_evaluator_that_asks_a_server_grades_as_that_does(client, served_math):
    put_secret(client, "SCORER_KEY", served_math.key)
    bundle = bundle_remote(served_math.url, "SCORER_KEY", name="remote-math")
    assert served_math.key not in "".join(bundle.files.values())
    deploy_evaluator(client, bundle, "remote-math", poll=0.05)
    rows = [
        {"messages": [{"role": "assistant", "content": f"#### {said}"}], "ground_truth": "3"} for said in ("3", "4")
    ]
    found = preview_evaluation(bundle=bundle, samples=rows, client=client)
    assert [result.score for result in found.results] == [1.0, 0.0]


def test_a_server_s_url_with_a_key_in_it_is_refused():
    with pytest.raises(UsageError):
        bundle_remote("http://user:secret@127.0.0.1:1", name="x")


def run(server, *arguments, **variables):
    environment = {**os.environ, "FIREWORKS_API_KEY": server.api_key, "FIREWORKS_API_BASE": server.url, **variables}
    return subprocess.run(
        [sys.executable, "-c", "from reward_kit.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
    )


def test_the_command_deploys(server):
    done = run(server, "deploy", MATH, "--id", "by-command")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"created accounts/{server.account_id}/evaluators/by-command\n"
    assert "ACTIVE" in done.stderr


def test_a_dry_run_sends_nothing(server):
    done = run(server, "deploy", MATH, "--id", "dry", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "  main.py\n" in done.stdout
    assert "  needs pydantic" in done.stdout
    assert server.requests == []


@pytest.mark.parametrize("name", ["FIREWORKS_API_KEY", "RK_ENDPOINT_API_KEY", "SCORER_KEY"])
def test_a_source_that_holds_a_secret_of_the_environment_is_not_sent(server, tmp_path, name):
    value = "w8-Zq3vT0s0mE-text-without-a-known-shape"
    (tmp_path / "holding.py").write_text(
        f"def holding(messages, **kwargs):\n    return {{'score': 1.0, 'key': '{value}'}}\n"
    )
    variables = {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]), name: value}
    done = run(server, "deploy", "holding:holding", "--id", "x", "--secret", "SCORER_KEY", **variables)
    assert (done.returncode, value in done.stdout + done.stderr) == (2, False)
    assert "holding.py:2 holds what looks like a key" in done.stderr
    assert server.requests == []


def test_a_build_log_is_shown_without_keys(client):
    leaking = Bundle(name="leaking", files={"main.py": 'raise ValueError("sk-" + "abcdef" * 4)\n'}, requirements=())
    with pytest.raises(ContractError, match=r"\[redacted\]") as caught:
        deploy_evaluator(client, leaking, "leaking", poll=0.05)
    assert "abcdefabcdef" not in str(caught.value)


def test_a_target_that_is_none_is_a_usage_error(server):
    done = run(server, "deploy", "math", "--id", "x")
    assert done.returncode == 2
    assert "found 'math', expected module:function or an installed example" in done.stderr
