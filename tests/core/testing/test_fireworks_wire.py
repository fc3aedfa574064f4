"""What any client meets first: keys, paths, error shapes, connections, and what the server remembers."""

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from reward_kit.errors import PrerequisiteError, UsageError
from reward_kit.testing.fireworks import Faults, FireworksServer

CHAT = {"model": "accounts/fireworks/models/qwen3-30b-a3b", "messages": [{"role": "user", "content": "2 + 2?"}]}


def test_a_valid_key_is_told_its_account(fireworks, call):
    answer = call(fireworks, "GET", "/verifyApiKey")

    assert answer.status_code == 200
    assert answer.headers["x-fireworks-account-id"] == "local"


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer ", "Basic ZndfbG9jYWw=", "fw_local"])
def test_without_the_key_the_gateway_answers_401_as_a_google_rpc_status(fireworks, header):
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{fireworks.url}/v1/accounts/local/evaluators", headers=headers, timeout=5)

    assert answer.status_code == 401
    assert answer.json()["code"] == 16
    assert answer.json()["details"][0]["reason"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("path", ["/inference/v1/chat/completions", "/v1/chat/completions"])
def test_without_the_key_inference_answers_401_in_the_shape_of_openai(fireworks, path):
    answer = requests.post(fireworks.url + path, json=CHAT, timeout=5)

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("path", ["/v1/accounts/other/evaluators", "/v1/accounts/local/nothing", "/", "/nope"])
def test_other_accounts_and_unknown_paths_are_404(fireworks, call, path):
    answer = call(fireworks, "GET", path)

    assert answer.status_code == 404
    assert answer.json()["code"] == 5


def test_an_escaped_slash_does_not_reach_another_resource(fireworks, call):
    assert call(fireworks, "GET", "/v1/accounts/local/evaluators/..%2Fsecrets").status_code == 404


def test_a_path_with_another_method_is_405_and_names_the_right_ones(fireworks, call):
    answer = call(fireworks, "PUT", "/v1/accounts/local/secrets")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"


def test_a_body_over_the_limit_is_413_although_it_is_never_read(call):
    with FireworksServer(max_body=1000) as server:
        answer = call(server, "POST", "/v1/accounts/local/evaluators", data=b"x" * 3_000_000)

    assert answer.status_code == 413
    assert "1000" in answer.json()["message"]


@pytest.mark.parametrize("length", ["many", "-1", "9" * 6000])
def test_a_length_that_is_none_is_411(fireworks, length):
    host, port = fireworks.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert client.recv(12) == b"HTTP/1.1 411"


def test_a_chunked_body_is_411(fireworks, call):
    answer = call(fireworks, "POST", "/v1/accounts/local/evaluators", data=iter([b"{}"]))

    assert answer.status_code == 411


@pytest.mark.parametrize(("body", "found"), [(b"{", "not valid JSON"), (b"[]", "a JSON list"), (b"\xff", "not valid")])
def test_a_body_that_is_no_json_object_is_400(fireworks, call, body, found):
    answer = call(fireworks, "POST", "/v1/accounts/local/evaluators", data=body)

    assert answer.status_code == 400
    assert answer.json()["code"] == 3
    assert found in answer.json()["message"]


def test_one_connection_serves_many_requests(fireworks):
    host, port = fireworks.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    statuses = []
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/verifyApiKey", headers={"Authorization": f"Bearer {fireworks.api_key}"})
        sockets.add(id(connection.sock))
        with connection.getresponse() as answer:
            statuses.append(answer.status)
            answer.read()
    connection.close()

    assert statuses == [200, 200, 200]
    assert len(sockets) == 1


def test_a_head_request_gets_no_body(fireworks, call):
    answer = call(fireworks, "HEAD", "/verifyApiKey")

    assert answer.status_code == 405
    assert answer.content == b""
    assert call(fireworks, "GET", "/verifyApiKey").status_code == 200


def test_stopping_ends_idle_connections_and_leaves_no_thread():
    before = set(threading.enumerate())
    with FireworksServer() as server:
        host, port = server.url.removeprefix("http://").split(":")
        idle = socket.create_connection((host, int(port)))
        with requests.Session() as session:
            session.get(server.url, timeout=5)
            started = time.monotonic()
            server.stop()
        assert time.monotonic() - started < 2
        assert idle.recv(1) == b""
        idle.close()

    assert set(threading.enumerate()) == before


def test_a_stopped_server_refuses_connections():
    with FireworksServer() as server:
        url = server.url

    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_stopping_does_not_wait_for_a_slow_answer():
    faults = Faults(rate=1.0, kinds=("slow",), delay=60.0)
    with FireworksServer(faults=faults) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(requests.get, server.url, timeout=30)
        while not server.requests:
            time.sleep(0.01)
        started = time.monotonic()
        server.stop()
        elapsed = time.monotonic() - started
        asked.exception()

    assert elapsed < 5


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"evaluator": {"displayName": "\\ud800"}, "evaluatorId": "odd"}'])
def test_json_that_is_barely_json_is_no_error_of_the_server(fireworks, call, body):
    assert call(fireworks, "POST", "/v1/accounts/local/evaluators", data=body).status_code in {200, 400}
    assert fireworks.unexpected == []


def test_a_server_that_was_never_started_can_be_stopped():
    FireworksServer().stop()


def test_a_taken_port_is_a_prerequisite_that_is_missing(fireworks):
    port = int(fireworks.url.rpartition(":")[2])

    with pytest.raises(PrerequisiteError, match=r"cannot listen on 127\.0\.0\.1"):
        FireworksServer(port=port)


def test_replies_and_a_model_exclude_each_other():
    with pytest.raises(UsageError, match="both replies and model"):
        FireworksServer(replies=[], model="smollm2")


def test_requests_are_recorded_without_the_key(fireworks, call):
    call(fireworks, "POST", "/v1/accounts/local/evaluators?pageSize=3", json={"a": [1]})

    (seen,) = fireworks.requests
    assert (seen.method, seen.path, seen.query) == ("POST", "/v1/accounts/local/evaluators", {"pageSize": "3"})
    assert seen.json == {"a": [1]}
    assert seen.headers["authorization"] == "[redacted]"
    assert seen.fault is None
    assert fireworks.api_key not in repr(seen)
    assert fireworks.api_key not in repr(fireworks)


def test_forgetting_empties_the_record(fireworks, call):
    call(fireworks, "GET", "/verifyApiKey")
    fireworks.forget()

    assert fireworks.requests == []


def test_the_most_requests_in_flight_are_counted(call):
    with FireworksServer(faults=Faults(rate=1.0, kinds=("slow",), delay=1.0)) as server:
        with ThreadPoolExecutor(7) as pool:
            list(pool.map(lambda _: requests.get(server.url, timeout=10).status_code, range(7)))
        assert server.most_in_flight == 7
        server.forget()
        server.faults = Faults()
        call(server, "GET", "/verifyApiKey")
        assert server.most_in_flight == 1


def test_many_clients_at_once_are_each_answered_their_own():
    rows = [{"prompt": f"What is {number}?", "response": f"It is {number}."} for number in range(200)]
    with FireworksServer(replies=rows) as server, requests.Session() as session:

        def ask(number):
            body = {"model": CHAT["model"], "messages": [{"role": "user", "content": f"What is {number}?"}]}
            headers = {"Authorization": f"Bearer {server.api_key}"}
            answer = session.post(f"{server.url}/v1/chat/completions", json=body, headers=headers, timeout=30)
            return answer.json()["choices"][0]["message"]["content"]

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(200)))

    assert answers == [f"It is {number}." for number in range(200)]
    assert server.unexpected == []


def test_a_client_that_goes_away_is_no_error_of_the_server(fireworks):
    host, port = fireworks.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST /v1/accounts/local/evaluators HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    body = json.dumps({"a": "b"}).encode()
    with socket.create_connection((host, int(port))) as deaf:
        deaf.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    time.sleep(0.1)

    assert fireworks.unexpected == []
