"""The HTTP client against real local servers; only the clock is not real."""

import json
import pickle
import socket
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from werkzeug import Response

from reward_kit import __version__
from reward_kit.clients.credentials import ApiKey
from reward_kit.clients.http import HttpClient
from reward_kit.clients.retry import Failure, RetryPolicy, Timing
from reward_kit.errors import (
    EndpointMissingError,
    RemoteAnswerError,
    RemoteError,
    RemoteStatusError,
    UsageError,
)

KEY = ApiKey(value="fw_topsecretkey0123456789", name="FIREWORKS_API_KEY")


class Clock:
    """A clock that sleeping moves."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def timing(self):
        return Timing(monotonic=lambda: self.now, wall=lambda: self.now, sleep=self.sleep, dice=lambda: 1.0)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(httpserver, clock):
    with HttpClient(httpserver.url_for(""), key=KEY, timing=clock.timing(), read_timeout=5) as client:
        yield client


def ask(client, path="/thing", **options):
    return client.request("POST", path, lambda answer: answer.json(), body={"q": 1}, **options)


def answer_in_turn(httpserver, *responses, path="/thing"):
    """Answer one request after the other with ``responses``."""
    for response in responses:
        httpserver.expect_ordered_request(path).respond_with_response(response)


def ok():
    return Response(json.dumps({"ok": True}), content_type="application/json")


def status(code, body="", content_type="application/json", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status=code, content_type=content_type, headers=names)


@contextmanager
def raw_server(*answers):
    """Serve each connection the next of ``answers``: bytes to send before the connection is closed."""
    left = list(answers)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            received = b""
            while b"\r\n\r\n" not in received:
                received += self.request.recv(65536)
            self.request.sendall(left.pop(0))

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


WHOLE = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{"ok":true}'
)


def test_sends_json_with_the_key_and_names_itself(httpserver, client):
    httpserver.expect_oneshot_request(
        "/thing",
        method="POST",
        json={"q": 1},
        headers={"Authorization": f"Bearer {KEY.value}", "User-Agent": f"reward-kit/{__version__}"},
    ).respond_with_json({"ok": True})
    assert ask(client) == {"ok": True}


def test_sends_no_authorization_without_a_key_even_where_netrc_has_one(httpserver, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login a password b\nmachine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    httpserver.expect_request("/thing").respond_with_handler(
        lambda request: Response(json.dumps(dict(request.headers)), content_type="application/json")
    )
    with HttpClient(httpserver.url_for("")) as client:
        assert "Authorization" not in ask(client)


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, 520])
def test_tries_a_transient_status_again(httpserver, client, code):
    answer_in_turn(httpserver, status(code), ok())
    assert ask(client) == {"ok": True}


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 405, 409, 412, 413, 422, 501])
def test_asks_once_where_trying_again_cannot_help(httpserver, client, clock, code):
    answer_in_turn(httpserver, status(code), ok())
    with pytest.raises(RemoteStatusError) as caught:
        ask(client)
    assert caught.value.status == code
    assert clock.slept == []


def test_tries_a_conflict_again_only_where_the_caller_says_so(httpserver, client):
    answer_in_turn(httpserver, status(409), ok())
    assert ask(client, retry_conflicts=True) == {"ok": True}


@pytest.mark.parametrize("code", [404, 405, 501])
def test_says_that_an_endpoint_is_missing(httpserver, client, code):
    answer_in_turn(httpserver, status(code))
    with pytest.raises(EndpointMissingError, match=rf"POST http://localhost:\d+/thing answered {code}"):
        ask(client)


def test_x_should_retry_false_stops_a_transient_status(httpserver, client):
    answer_in_turn(httpserver, status(503, x_should_retry="false"), ok())
    with pytest.raises(RemoteStatusError):
        ask(client)


def test_x_should_retry_true_retries_an_open_status(httpserver, client):
    answer_in_turn(httpserver, status(412, x_should_retry="true"), ok())
    assert ask(client) == {"ok": True}


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
def test_x_should_retry_true_does_not_retry_a_refusal(httpserver, client, code):
    answer_in_turn(httpserver, status(code, x_should_retry="true"), ok())
    with pytest.raises(RemoteStatusError):
        ask(client)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "1.5"}, 1.5),
        ({"retry_after_ms": "250", "Retry_After": "7"}, 0.25),
        ({"Retry_After": "Thu, 01 Jan 1970 00:16:49 GMT"}, 9.0),  # the clock says 00:16:40
        ({"Retry_After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Retry_After": "86400"}, 60.0),
        ({"Retry_After": "soon"}, 0.5),
        ({"Retry_After": "-3"}, 0.5),
        ({"Retry_After": "Wed, 99 Zzz 2026 99:99:99 GMT"}, 0.5),
        ({}, 0.5),
    ],
)
def test_waits_as_long_as_the_service_asks(httpserver, client, clock, headers, seconds):
    answer_in_turn(httpserver, status(429, **headers), ok())
    ask(client)
    assert clock.slept == pytest.approx([seconds])


def test_waits_twice_as_long_each_time_up_to_a_limit(httpserver, clock):
    retry = RetryPolicy(retries=5, base=1.0, longest=6.0)
    answer_in_turn(httpserver, *[status(503) for _ in range(6)])
    with (
        HttpClient(httpserver.url_for(""), timing=clock.timing(), retry=retry) as client,
        pytest.raises(RemoteStatusError),
    ):
        ask(client)
    assert clock.slept == [1.0, 2.0, 4.0, 6.0, 6.0]


def test_jitter_halves_a_wait_at_most():
    retry, failure = RetryPolicy(base=8.0), Failure(problem="busy", transient=True)
    waits = [
        retry.wait(failure, attempt=1, left=100.0, dice=lambda number=number: number) for number in (0.0, 0.5, 1.0)
    ]
    assert waits == [4.0, 6.0, 8.0]


def test_gives_up_after_the_last_retry_and_says_how_often_it_tried(httpserver, clock):
    httpserver.expect_request("/thing").respond_with_response(status(503, '{"message": "overloaded"}'))
    with (
        HttpClient(httpserver.url_for(""), timing=clock.timing(), retry=RetryPolicy(retries=2)) as client,
        pytest.raises(RemoteStatusError) as caught,
    ):
        ask(client)
    assert str(caught.value) == (
        f"POST {httpserver.url_for('/thing')} answered 503 SERVICE UNAVAILABLE: 'overloaded' after 3 attempts; "
        "the service failed; run the same command later"
    )


def test_does_not_start_a_wait_that_the_deadline_would_cut_short(httpserver, clock):
    httpserver.expect_request("/thing").respond_with_response(status(429, Retry_After="50"))
    retry = RetryPolicy(retries=10, deadline=120.0)
    with (
        HttpClient(httpserver.url_for(""), timing=clock.timing(), retry=retry) as client,
        pytest.raises(RemoteStatusError),
    ):
        ask(client)
    assert clock.slept == [50.0, 50.0]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Type: appl",
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"ok":',
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{"ok":',
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"ok":\r\n',
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 6\r\nConnection: close\r\n\r\n{"ok":',
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n123",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\nConnection: close\r\n\r\nNaN",
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"\xff"',
        b"garbage that is not HTTP\r\n\r\n",
    ],
    ids=[
        "closed at once",
        "cut in the headers",
        "cut in the body",
        "cut in a chunk",
        "cut between chunks",
        "truncated JSON",
        "empty body",
        "another content type",
        "broken gzip",
        "NaN",
        "not UTF-8",
        "no HTTP",
    ],
)
def test_asks_again_after_a_broken_answer(clock, broken):
    with raw_server(broken, WHOLE) as url, HttpClient(url, timing=clock.timing()) as client:
        assert ask(client) == {"ok": True}


def test_an_answer_that_stays_broken_is_a_remote_answer_error(clock):
    cut = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 6\r\nConnection: close\r\n\r\n{"ok":'
    with (
        raw_server(cut, cut) as url,
        HttpClient(url, timing=clock.timing(), retry=RetryPolicy(retries=1)) as client,
        pytest.raises(RemoteAnswerError, match="body of 6 bytes that is not whole JSON after 2 attempts"),
    ):
        ask(client)


def test_a_connection_that_keeps_breaking_is_a_remote_error(clock):
    with (
        raw_server(b"", b"") as url,
        HttpClient(url, timing=clock.timing(), retry=RetryPolicy(retries=1)) as client,
        pytest.raises(
            RemoteError, match="Remote end closed connection without response after 2 attempts; check the URL"
        ),
    ):
        ask(client)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_gives_up_early_on_a_service_that_was_never_there(clock):
    url = f"http://127.0.0.1:{free_port()}"
    with (
        HttpClient(url, timing=clock.timing(), retry=RetryPolicy(retries=9)) as client,
        pytest.raises(RemoteError, match="failed: connection refused after 3 attempts; check the URL"),
    ):
        ask(client)
    assert clock.slept == [0.5, 1.0]


def test_a_proxy_that_fails_is_named_without_its_password(clock, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://user:secretpass@127.0.0.1:{free_port()}")
    with (
        HttpClient("http://service.invalid", timing=clock.timing()) as client,
        pytest.raises(RemoteError, match="failed: the proxy of the environment: connection refused") as caught,
    ):
        ask(client)
    assert "secretpass" not in str(caught.value)


def test_does_not_give_up_early_on_a_service_that_was_there(clock):
    with raw_server(WHOLE) as url, HttpClient(url, timing=clock.timing(), retry=RetryPolicy(retries=5)) as client:
        ask(client)
        # The server is out of answers and closes; then it is gone altogether.
    with pytest.raises(RemoteError, match="connection refused after 6 attempts"):
        ask(client)


def test_a_service_that_says_nothing_is_given_up_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with (
            HttpClient(url, read_timeout=0.2, retry=RetryPolicy(retries=0)) as client,
            pytest.raises(RemoteError, match="failed: no answer in time"),
        ):
            ask(client)


def test_a_body_that_trickles_in_cannot_outlast_the_deadline():
    def trickle(request):
        del request

        def slowly():
            for _ in range(200):
                time.sleep(0.05)
                yield b" "

        return Response(slowly(), content_type="application/json")

    from pytest_httpserver import HTTPServer

    with HTTPServer(threaded=True) as server:
        server.expect_request("/thing").respond_with_handler(trickle)
        retry = RetryPolicy(retries=5, deadline=0.5)
        began = time.monotonic()
        with (
            HttpClient(server.url_for(""), retry=retry) as client,
            pytest.raises(RemoteError, match=r"not whole within 0\.5 s"),
        ):
            ask(client)
        assert time.monotonic() - began < 3.0


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        ('{"code": 7, "message": "gateway says", "details": []}', "application/json", "gateway says"),
        ('{"error": {"object": "error", "message": "inference says"}}', "application/json", "inference says"),
        ('{"error": "a bare string"}', "application/json", "a bare string"),
        ('{"detail": "FastAPI says"}', "application/json", "FastAPI says"),
        ("<html><title>Bad  gateway</title><body>lots</body>", "text/html", "Bad gateway"),
        ("plain\ntext", "text/plain", "plain text"),
    ],
)
def test_quotes_what_the_service_says_on_one_line(httpserver, client, body, content_type, said):
    answer_in_turn(httpserver, status(400, body, content_type))
    with pytest.raises(RemoteStatusError) as caught:
        ask(client)
    assert f"answered 400 BAD REQUEST: {said!r}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_quotes_only_the_first_part_of_a_long_message(httpserver, client):
    answer_in_turn(httpserver, status(400, json.dumps({"message": "x" * 5000})))
    with pytest.raises(RemoteStatusError) as caught:
        ask(client)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("code", "body", "advice"),
    [
        (401, "", "check FIREWORKS_API_KEY: it is wrong or no longer valid"),
        (402, "", "the account needs credit or a payment method"),
        (
            403,
            '{"message": "admin role required to call CreateEvaluatorV2"}',
            "this needs the key of an account admin; FIREWORKS_API_KEY is not one",
        ),
        (403, "", "FIREWORKS_API_KEY may not do this on this account"),
        (412, "", "the account is suspended, or the model could not be loaded; see the account's page"),
        (302, "", "redirects are not followed, lest the key go elsewhere; give the final base URL"),
    ],
)
def test_says_what_to_do(httpserver, client, code, body, advice):
    answer_in_turn(httpserver, status(code, body))
    with pytest.raises(RemoteStatusError) as caught:
        ask(client)
    assert str(caught.value).endswith(f"; {advice}")


def test_does_not_follow_a_redirect_with_the_key(httpserver, client):
    httpserver.expect_ordered_request("/thing").respond_with_response(
        status(307, Location=httpserver.url_for("/elsewhere"))
    )
    httpserver.expect_ordered_request("/elsewhere").respond_with_json({"ok": True})
    with pytest.raises(RemoteStatusError):
        ask(client)
    assert [request.path for request, _ in httpserver.log] == ["/thing"]


def test_never_shows_the_key(httpserver, client, caplog):
    caplog.set_level("DEBUG")
    echo = json.dumps({"message": "x" * 290 + f" no such key {KEY.value}, Authorization: Bearer {KEY.value}"})
    answer_in_turn(httpserver, status(503, echo), status(401, echo))
    with pytest.raises(RemoteStatusError) as caught:
        ask(client)
    assert "fw_top" not in f"{caught.value} {caught.value!r} {caught.value.body} {client!r} {KEY!r}"
    assert "fw_top" not in caplog.text
    assert "trying again" in caplog.text
    assert caught.value.__context__ is None


def test_errors_cross_process_borders(httpserver, client):
    answer_in_turn(httpserver, status(404, '{"message": "gone"}'))
    with pytest.raises(EndpointMissingError) as caught:
        ask(client)
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), copy.status, copy.body) == (
        EndpointMissingError,
        str(caught.value),
        404,
        '{"message": "gone"}',
    )


@pytest.mark.parametrize(
    "url",
    [
        "api.fireworks.ai",
        "ftp://host",
        "http://",
        "http://user:secretpass@host",
        "https://host/?key=secretpass",
        "http://host:99999",
    ],
)
def test_refuses_what_is_no_base_url(url):
    with pytest.raises(UsageError, match="expected http") as caught:
        HttpClient(url)
    assert "secretpass" not in str(caught.value)


def test_half_a_surrogate_pair_becomes_the_replacement_character(httpserver, client):
    answer_in_turn(
        httpserver, Response('{"\\ud83d": ["cut \\ud83d", "whole \\ud83d\\ude00"]}', content_type="application/json")
    )
    assert ask(client) == {"\ufffd": ["cut \ufffd", "whole \U0001f600"]}


def test_threads_share_the_client_and_connections_are_used_again():
    connections = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            connections.append(self.client_address)
            while line := self.rfile.readline():
                length = 0
                while (line := self.rfile.readline().strip()) != b"":
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                body = self.rfile.read(length)
                self.wfile.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                    % (len(body), body)
                )

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    def echo(number):
        return client.request("POST", "/echo", lambda answer: answer.json(), body={"number": number})["number"]

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        with HttpClient(url, connections=4) as client, ThreadPoolExecutor(4) as pool:
            assert list(pool.map(echo, range(200))) == list(range(200))
        server.shutdown()
    assert len(connections) <= 4
