"""The client of a SandboxFusion service, against a local one of that shape."""

import pytest

from reward_kit.rewards.code_execution import fractional_code_reward
from reward_kit.sandbox import Call, Limits, Program, SandboxError
from reward_kit.sandbox.remote import RemoteSandbox
from reward_kit.testing.sandbox_fusion import SandboxFusionServer

REPLY = [{"role": "assistant", "content": "```python\nprint(int(input()) * 2)\n```"}]
TRUTH = [{"input": "2", "expected_output": "4"}, {"input": "3", "expected_output": "7"}]


@pytest.fixture
def service():
    with SandboxFusionServer() as server:
        yield server


@pytest.fixture
def remote(service):
    sandbox = RemoteSandbox(url=service.url, workers=2)
    yield sandbox
    sandbox.close()


def test_cases_are_graded_here_and_run_there(remote, service):
    result = fractional_code_reward(REPLY, ground_truth=TRUTH, sandbox=remote)
    assert result.score == 0.5
    assert len(service.requests) == 2


def test_expected_outputs_never_leave(remote, service):
    truth = [{"input": "1", "expected_output": "987654321"}]
    fractional_code_reward(REPLY, ground_truth=truth, sandbox=remote)
    assert "987654321" not in str(service.requests)


def test_a_function_is_called_there(remote):
    outcome = remote.run(Program(source="def f(a): return [a, (1, 2)]"), call=Call(function="f", args=("x",)))
    assert outcome.value == ["l", "x", ["t", 1, 2]]


def test_a_program_that_fails_is_wrong(remote):
    assert remote.run(Program(source="1 / 0")).status == "runtime_error"


def test_a_program_that_takes_too_long_is_wrong(remote):
    outcome = remote.run(Program(source="while True: pass"), limits=Limits(seconds=1))
    assert outcome.status == "time_limit"


@pytest.mark.parametrize("fault", [500, 503, "SandboxError", "garbage"])
def test_a_fault_of_the_service_is_tried_again(remote, service, fault):
    service.faults = [fault]
    assert remote.run(Program(source="print(1)")).stdout == "1\n"


@pytest.mark.parametrize("faults", [[500] * 3, ["SandboxError"] * 3, ["garbage"] * 3])
def test_a_service_that_stays_at_fault_grades_nothing(remote, service, faults):
    service.faults = list(faults)
    result = fractional_code_reward(REPLY, ground_truth=TRUTH[:1], sandbox=remote)
    assert not result.is_score_valid
    assert "the sandbox service" in result.error


def test_output_beyond_what_the_service_reads_is_the_programs_own_doing(remote, service):
    service.faults = ["cut"]
    result = fractional_code_reward(REPLY, ground_truth=TRUTH[:1], sandbox=remote)
    assert (result.score, result.is_score_valid) == (0.0, True)
    assert "output_limit" in result.reason


def test_where_the_expected_output_is_longer_than_the_service_reads_no_reply_is_graded(remote, service):
    truth = [{"input": "", "expected_output": "x" * 200_000}]
    for code in ("print('x' * 200_000)", "print(1)"):
        reply = [{"role": "assistant", "content": f"```python\n{code}\n```"}]
        assert not fractional_code_reward(reply, ground_truth=truth, sandbox=remote).is_score_valid
    assert service.requests == []


def test_a_service_that_is_gone_grades_nothing():
    sandbox = RemoteSandbox(url="http://127.0.0.1:9", workers=1)
    with pytest.raises(SandboxError, match="failed 3 times"):
        sandbox.run(Program(source="print(1)"))
    sandbox.close()
