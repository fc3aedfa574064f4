"""What a served reward answers: to right requests, wrong ones, too many, and to rewards that fail."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import requests


def test_a_reply_is_graded(served):
    answer = served.grade("yes")
    assert answer.status_code == 200
    assert (answer.json()["score"], answer.json()["is_score_valid"]) == (1.0, True)
    assert served.grade("no").json()["score"] == 0.0


def test_a_batch_is_graded_in_order(served):
    items = [{"messages": [{"role": "assistant", "content": text}], "ground_truth": "yes"} for text in ("no", "yes")]
    answer = served.session.post(f"{served.url}/evaluate/batch", json={"items": items}, timeout=30)
    assert [result["score"] for result in answer.json()["results"]] == [0.0, 1.0]


def test_a_reward_that_raises_is_an_answer_that_is_not_graded(served):
    answer = served.grade("raise")
    assert answer.status_code == 200
    assert answer.json()["is_score_valid"] is False
    assert answer.json()["error"] == "ConnectionError: the judge is gone"


def test_a_reward_whose_process_dies_is_not_graded(served):
    answer = served.grade("die")
    assert answer.status_code == 200
    assert answer.json()["error"].startswith("its worker process ended: killed by SIGKILL")
    assert served.grade("yes").json()["score"] == 1.0


def test_a_grading_that_hangs_delays_no_other_and_ends_at_the_limit(served):
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        hanging = pool.submit(served.grade, "hang")
        assert served.grade("yes").json()["score"] == 1.0
        assert time.monotonic() - started < 1.5
        assert hanging.result().json()["error"] == "timed out after 2 s"


def test_a_result_that_json_cannot_hold_is_not_graded(served):
    assert "cannot be written as JSON" in served.grade("nan").json()["error"]


def test_a_result_that_is_nested_too_deep_is_not_graded(served):
    assert served.grade("deep").json()["is_score_valid"] is False


@pytest.mark.parametrize("depth", [100, 180, 250, 400, 900])
def test_a_request_that_is_nested_deep_is_answered(served, depth, key):
    nested = "[" * depth + "]" * depth
    answer = requests.post(
        f"{served.url}/evaluate",
        data=f'{{"messages":[{{"role":"assistant","content":"yes"}}],"ground_truth":{nested}}}',
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code in {200, 400, 422}
    assert "worker process" not in answer.text


def test_half_a_surrogate_pair_comes_back(served, key):
    answer = requests.post(
        f"{served.url}/evaluate",
        data=b'{"messages":[{"role":"assistant","content":"\\ud800"}],"ground_truth":"yes"}',
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.json()["score"] == 0.0


@pytest.mark.parametrize(
    ("headers", "status", "detail"),
    [
        ({}, 401, "API key required but not provided."),
        ({"Authorization": "Bearer wrong"}, 403, "Invalid API key."),
        ({"X-Api-Key": "wrong"}, 403, "Invalid API key."),
        ({"Authorization": "Basic eDp5"}, 401, "API key required but not provided."),
    ],
    ids=["none", "wrong bearer", "wrong header", "another scheme"],
)
@pytest.mark.parametrize("path", ["/evaluate", "/evaluate/batch", "/metrics", "/nowhere"])
def test_without_the_key_nothing_is_graded(served, headers, status, detail, path):
    answer = requests.post(served.url + path, headers=headers, json={}, timeout=30)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


def test_the_key_may_come_in_its_own_header(served, key):
    body = {"messages": [{"role": "assistant", "content": "yes"}], "ground_truth": "yes"}
    answer = requests.post(f"{served.url}/evaluate", headers={"X-Api-Key": key}, json=body, timeout=30)
    assert answer.json()["score"] == 1.0


def test_health_needs_no_key(served):
    answer = requests.get(f"{served.url}/health", timeout=30)
    assert answer.json() == {"status": "ok", "reward_function": "behaves"}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 422, "JSON decode error"),
        (b'{"messages": []}', 422, "body.messages"),
        (b'{"messages": [{"role": "assistant"}], "other": 1}', 422, "body.other: Extra inputs are not permitted"),
        (b'{"messages": [{"content": "x"}]}', 422, "Role is required"),
        (b'{"messages": ' + b"[" * 9000, 400, "There was an error parsing the body"),
        (b'"' + b"x" * 20000 + b'"', 413, "The request is longer than 20000 bytes."),
    ],
    ids=["no JSON", "no messages", "another field", "no role", "deep", "long"],
)
def test_a_request_of_another_shape_is_refused(served, body, status, said):
    answer = served.session.post(
        f"{served.url}/evaluate", data=body, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_what_was_sent_is_not_sent_back(served):
    body = {"messages": [{"role": "SECRET-IN-A-ROLE", "content": "x"}]}
    assert "SECRET" not in served.session.post(f"{served.url}/evaluate", json=body, timeout=30).text


def test_a_body_without_a_length_is_bounded_too(served):
    answer = served.session.post(f"{served.url}/evaluate", data=(b"x" * 1000 for _ in range(30)), timeout=30)
    assert answer.status_code == 413


def test_a_client_that_sends_far_too_much_reads_why_it_is_refused(served, key):
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"POST /evaluate HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key}\r\nContent-Length: 400000\r\n\r\n"
        connection.sendall(head.encode())
        for _ in range(10):
            connection.sendall(b"x" * 40000)
            time.sleep(0.05)
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_batch_above_the_limit_is_refused(served):
    item = {"messages": [{"role": "assistant", "content": "yes"}]}
    answer = served.session.post(f"{served.url}/evaluate/batch", json={"items": [item] * 5}, timeout=30)
    assert (answer.status_code, answer.json()["detail"]) == (413, "Found 5 items, expected at most 4.")


def test_more_than_the_queue_holds_is_answered_with_when_to_come_again(served):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(served.grade, ["sleep 0.4"] * 16))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 6 <= len(refused) <= 10
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert all(answer.json()["is_score_valid"] for answer in answers if answer.status_code == 200)


def test_metrics_count_what_was_graded_and_answered(served):
    before = served.session.get(f"{served.url}/metrics", timeout=30).text
    served.grade("yes")
    served.grade("raise")
    after = served.session.get(f"{served.url}/metrics", timeout=30).text

    def grown(name):
        return _figure(after, name) - _figure(before, name)

    assert grown('reward_kit_gradings_total{outcome="graded"}') == 1
    assert grown('reward_kit_gradings_total{outcome="not_graded"}') == 1
    assert grown('reward_kit_requests_total{path="/evaluate",status="200"}') == 2
    assert grown("reward_kit_grading_seconds_count") == 2
    assert _figure(after, "reward_kit_queue") == 0


def test_metrics_count_what_was_turned_away(served):
    before = served.session.get(f"{served.url}/metrics", timeout=30).text
    requests.post(f"{served.url}/evaluate", json={}, timeout=30)
    after = served.session.get(f"{served.url}/metrics", timeout=30).text
    name = 'reward_kit_requests_total{path="/evaluate",status="401"}'
    assert _figure(after, name) - _figure(before, name) == 1


def test_each_grading_of_a_batch_has_its_own_time(serving):
    items = [{"messages": [{"role": "assistant", "content": text}]} for text in ("sleep 1", "x", "x")]
    with serving("--workers", "2") as it:
        it.session.post(f"{it.url}/evaluate/batch", json={"items": items}, timeout=30)
        text = it.session.get(f"{it.url}/metrics", timeout=30).text
    assert _figure(text, 'reward_kit_grading_seconds_bucket{le="0.5"}') == 2


def _figure(text, name):
    return next((float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name + " ")), 0.0)


def test_workers_that_are_killed_lose_no_request_and_change_no_score(served):
    stop = threading.Event()

    def kill():
        while not stop.wait(0.15):
            for pid in served.workers()[:1]:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda number: served.grade(("yes", "no")[number % 2]), range(200)))
    finally:
        stop.set()
        killer.join()
    assert [answer.status_code for answer in answers] == [200] * 200
    graded = [(number, answer.json()) for number, answer in enumerate(answers) if answer.json()["is_score_valid"]]
    assert all(result["score"] == float(number % 2 == 0) for number, result in graded)
    assert len(graded) > 150


def test_a_request_that_never_ends_is_given_up(serving):
    with serving("--workers", "1", "--body-timeout", "0.5", key=None) as it:
        host, port = it.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
            assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nX-Slow: "], ids=["nothing", "half a header"])
def test_a_connection_that_asks_nothing_is_closed(serving, sent):
    with serving("--workers", "1", "--body-timeout", "0.5", key=None) as it:
        host, port = it.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(sent)
            assert connection.recv(1000) == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_takes_longer_than_a_stop_may_last_is_cut_off(serving, number):
    with serving("--workers", "1", "--timeout", "1") as it, ThreadPoolExecutor(12) as pool:
        for _ in range(12):
            pool.submit(_ignored(it.grade), "hang")
        time.sleep(0.5)
        workers = it.workers()
        it.process.send_signal(number)
        it.process.wait(11)
        assert "InvalidStateError" not in it.process.stderr.read()
        assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_a_second_interrupt_ends_at_once(serving):
    with serving("--workers", "1", "--timeout", "60") as it, ThreadPoolExecutor(1) as pool:
        pool.submit(_ignored(it.grade), "hang")
        time.sleep(0.5)
        it.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        it.process.send_signal(signal.SIGINT)
        assert it.process.wait(10) == 130


def _ignored(grade):
    def graded(text):
        with suppress(requests.exceptions.RequestException):
            grade(text)

    return graded


def test_health_says_when_nothing_can_be_graded(serving, tmp_path):
    (tmp_path / "going.py").write_text((Path(__file__).parent / "served_rewards.py").read_text())
    with serving("--workers", "1", target="going:behaves", folder=tmp_path) as it:
        (tmp_path / "going.py").write_text("raise RuntimeError('gone')")
        assert it.grade("die").json()["is_score_valid"] is False
        answer = requests.get(f"{it.url}/health", timeout=30)
        assert (answer.status_code, answer.json()["status"]) == (503, "error")
        (tmp_path / "going.py").write_text((Path(__file__).parent / "served_rewards.py").read_text())
        assert it.grade("yes").json()["score"] == 1.0
        assert requests.get(f"{it.url}/health", timeout=30).status_code == 200


def test_stopping_finishes_what_was_taken(serving):
    with serving("--workers", "1") as it, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(it.grade, "sleep 1")
        time.sleep(0.4)
        it.process.send_signal(signal.SIGTERM)
        assert answer.result().json()["reason"] == "compared 'sleep 1'"
        it.process.wait(10)


def test_nothing_is_left_when_the_server_is_killed(serving):
    with serving("--workers", "2") as it:
        workers = it.workers()
        assert len(workers) == 2
        it.process.kill()
        it.process.wait()
        deadline = time.monotonic() + 2
        while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def _refused(*arguments, key=""):
    done = subprocess.run(
        [sys.executable, "-c", "from reward_kit.cli import main; main()", "serve", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "RK_ENDPOINT_API_KEY": key},
    )
    return done.returncode, done.stderr


def test_without_a_key_only_loopback_is_served():
    code, said = _refused("reward_kit.rewards.math:math_reward", "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert code == 2
    assert "found no API key and the address '0.0.0.0', which others can reach" in said


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("nothing", 2, "found 'nothing', expected module:function or an installed example"),
        ("json:nothing", 2, "cannot import 'json:nothing'"),
        ("json:__name__", 2, "found str at 'json:__name__', expected a reward function"),
    ],
)
def test_a_target_that_is_no_reward_is_refused(target, code, said):
    found, text = _refused(target, "--port", "0")
    assert found == code
    assert said in text


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = _refused("reward_kit.rewards.math:math_reward", "--port", str(port))
    assert code == 3
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in said
