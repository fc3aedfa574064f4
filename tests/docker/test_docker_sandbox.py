"""The docker backend with a real engine: the same fork server, in hardened containers."""

import os

import pytest

from reward_kit.sandbox import Call, IsolationUnavailableError, Limits, Program, Stdin, TestSuite

pytestmark = [pytest.mark.docker, pytest.mark.filterwarnings("ignore::ResourceWarning")]  # the SDK's own sockets
IMAGE = os.environ.get("REWARD_KIT_DOCKER_BASE", "reward-kit/base:debian")


@pytest.fixture(scope="module")
def sandbox():
    pytest.importorskip("docker", reason="the docker SDK (extra sandbox) is not installed")
    from reward_kit.sandbox.docker import DockerSandbox

    try:
        opened = DockerSandbox(image=IMAGE, workers=1)
    except IsolationUnavailableError as error:
        pytest.skip(f"no docker sandbox: {error}")
    yield opened
    opened.close()


def test_cases_share_a_container_and_no_process(sandbox):
    program = Program(source="import os; print(os.listdir('.'), input()); open('f', 'w').write('x')")
    outcomes = sandbox.submit(program, [Stdin(f"{n}\n") for n in range(3)], Limits()).result()
    assert [outcome.stdout for outcome in outcomes] == ["[] 0\n", "[] 1\n", "[] 2\n"]
    assert {(outcome.backend, outcome.isolation) for outcome in outcomes} == {("docker", sandbox.level)}


def test_functions_are_called_in_it(sandbox):
    call = Call(function="f", args=(2,))
    assert sandbox.run(Program(source="def f(x): return [x, x * x]"), call=call).value == ["l", 2, 4]


def test_tests_are_split_in_it(sandbox):
    suite = TestSuite(kind="asserts", tests=("assert f(1) == 2", "assert f(1) == 3"))
    assert sandbox.submit_tests(Program(source="def f(x): return x + 1"), suite, Limits()).result().passed == (
        True,
        False,
    )


def test_a_program_that_does_not_end_is_ended(sandbox):
    assert sandbox.run(Program(source="while True: pass"), limits=Limits(seconds=1)).status == "time_limit"


def test_a_container_that_is_removed_is_replaced(sandbox):
    docker = pytest.importorskip("docker")
    client = docker.from_env()
    for container in client.containers.list(filters={"label": "reward-kit=sandbox"}):
        container.remove(force=True)
    client.close()
    assert sandbox.run(Program(source="print(1)")).stdout == "1\n"
