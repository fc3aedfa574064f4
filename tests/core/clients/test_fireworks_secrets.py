"""Secrets of an account: stored, replaced, listed by name, deleted, and in no message."""

import os
import subprocess
import sys

import pytest

from reward_kit import platform_api
from reward_kit.clients.fireworks import connect
from reward_kit.clients.fireworks_secrets import Secret, delete_secret, list_secrets, put_secret
from reward_kit.errors import PrerequisiteError, RemoteError, UsageError
from reward_kit.testing.fireworks import Faults, FireworksServer

VALUE = "value-that-must-not-be-shown-0123456789"


@pytest.fixture
def server():
    with FireworksServer() as server:
        yield server
        assert server.unexpected == []


@pytest.fixture
def client(server):
    with connect(api_key=server.api_key, account_id=server.account_id, base_url=server.url) as client:
        yield client


def test_a_secret_is_created_and_then_replaced(server, client):
    assert put_secret(client, "SCORER_KEY", VALUE) == "created"
    assert server.holds_secret("scorer-key", VALUE)
    assert put_secret(client, "SCORER_KEY", "another") == "updated"
    assert server.holds_secret("scorer-key", "another")


def test_secrets_are_listed_without_values(client):
    put_secret(client, "A_KEY", VALUE)
    put_secret(client, "B_KEY", VALUE)
    assert list_secrets(client) == [Secret(id="a-key", key_name="A_KEY"), Secret(id="b-key", key_name="B_KEY")]


def test_deleting_says_whether_there_was_one(client):
    put_secret(client, "A_KEY", VALUE)
    assert (delete_secret(client, "A_KEY"), delete_secret(client, "A_KEY")) == (True, False)
    assert list_secrets(client) == []


@pytest.mark.parametrize("name", ["", "lower", "1_FIRST", "WITH-HYPHEN", "SCORER_KEY_", "A" * 64, "TWO\nLINES"])
def test_a_name_that_is_no_variable_is_refused(client, name):
    with pytest.raises(UsageError, match="expected capitals, digits and underscores, such as SCORER_KEY"):
        put_secret(client, name, VALUE)


def test_a_value_with_a_line_end_is_refused_and_not_shown(client):
    with pytest.raises(PrerequisiteError, match="A_KEY holds no usable key") as caught:
        put_secret(client, "A_KEY", VALUE + "\n")
    assert VALUE not in str(caught.value)


def test_a_platform_that_sends_the_value_back_in_an_error_does_not_reveal_it(httpserver):
    answer = {"code": 3, "message": f"found {VALUE}, expected something else"}
    httpserver.expect_request("/v1/accounts/acme/secrets").respond_with_json(answer, status=400)
    with (
        connect(api_key="key-of-a-test", account_id="acme", base_url=httpserver.url_for("/")) as client,
        pytest.raises(RemoteError) as caught,
    ):
        put_secret(client, "A_KEY", VALUE)
    assert VALUE not in str(caught.value)
    assert VALUE not in caught.value.body


def test_faults_are_got_over(server, client):
    server.faults = Faults(rate=0.4, kinds=("503", "cut-before-answer", "429-retry-after-ms"), seed=5)
    for number in range(5):
        put_secret(client, f"KEY_{number}", VALUE)
    assert len(list_secrets(client)) == 5


def test_the_names_of_old_work(server):
    place = {"api_key": server.api_key, "api_base": server.url}
    account = server.account_id
    assert platform_api.create_or_update_fireworks_secret(account, "A_KEY", VALUE, **place)
    found = platform_api.get_fireworks_secret(account, "A_KEY", **place)
    assert found == {"name": f"accounts/{account}/secrets/a-key", "keyName": "A_KEY"}
    assert platform_api.delete_fireworks_secret(account, "A_KEY", **place)
    assert platform_api.get_fireworks_secret(account, "A_KEY", **place) is None


def run(server, *arguments, text="", **variables):
    environment = {**os.environ, "FIREWORKS_API_KEY": server.api_key, "FIREWORKS_API_BASE": server.url, **variables}
    return subprocess.run(
        [sys.executable, "-c", "from reward_kit.cli import main; main()", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
    )


def test_the_command_takes_the_value_from_standard_input(server):
    done = run(server, "secret", "set", "SCORER_KEY", text=f"{VALUE}\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "created SCORER_KEY\n", "")
    assert server.holds_secret("scorer-key", VALUE)
    assert run(server, "secret", "list").stdout == "SCORER_KEY\tscorer-key\n"
    assert run(server, "secret", "delete", "SCORER_KEY").stdout == "deleted SCORER_KEY\n"
    assert run(server, "secret", "delete", "SCORER_KEY").returncode == 1


def test_the_command_takes_the_value_from_a_variable(server):
    done = run(server, "secret", "set", "SCORER_KEY", "--from-env", "MINE", MINE=VALUE)
    assert done.returncode == 0, done.stderr
    assert server.holds_secret("scorer-key", VALUE)


def test_without_a_value_nothing_is_stored(server):
    done = run(server, "secret", "set", "SCORER_KEY")
    assert done.returncode == 2
    assert "found no value in standard input" in done.stderr


def test_keys_are_long_and_never_the_same(server):
    first, second = (run(server, "generate-key").stdout.strip() for _ in range(2))
    assert first != second
    assert len(first) == 43
