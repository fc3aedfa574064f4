"""Every fault is seen on the wire, where and when the schedule says."""

import http.client
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from reward_kit.errors import UsageError
from reward_kit.testing.fireworks import ALL_FAULTS, PERMANENT_FAULTS, TRANSIENT_FAULTS, Faults, FireworksServer

CHAT = "/inference/v1/chat/completions"
MODEL = "accounts/fireworks/models/qwen3-30b-a3b"
REPLIES = [{"prompt": "2 + 2?", "response": "It is four, of course."}, {"prompt": "3 + 3?", "response": "Six."}]


@pytest.fixture
def server():
    with FireworksServer(replies=REPLIES) as server:
        yield server
    assert server.unexpected == []


def ask(prompt="2 + 2?", **further):
    return {"model": MODEL, "messages": [{"role": "user", "content": prompt}], **further}


def always(kind, **settings):
    return Faults(script={"*": kind}, **settings)


@pytest.mark.parametrize(
    ("kind", "status", "code", "reason"),
    [
        ("401", 401, 16, "UNAUTHENTICATED"),
        ("403", 403, 7, "PERMISSION_DENIED"),
        ("404", 404, 5, "NOT_FOUND"),
        ("408", 408, 4, "DEADLINE_EXCEEDED"),
        ("409", 409, 6, "ALREADY_EXISTS"),
        ("429", 429, 8, "RESOURCE_EXHAUSTED"),
        ("500", 500, 13, "INTERNAL"),
        ("502", 502, 14, "UNAVAILABLE"),
        ("503", 503, 14, "UNAVAILABLE"),
        ("504", 504, 4, "DEADLINE_EXCEEDED"),
    ],
)
def test_a_status_comes_in_the_shape_of_the_api_that_was_asked(server, call, *, kind, status, code, reason):
    server.faults = always(kind)
    gateway = call(server, "GET", "/verifyApiKey")
    inference = call(server, "POST", CHAT, json=ask())

    assert (gateway.status_code, gateway.json()["code"]) == (status, code)
    assert (inference.status_code, inference.json()["error"]["code"]) == (status, reason)
    assert "Retry-After" not in gateway.headers
    assert "retry-after-ms" not in gateway.headers


def test_403_speaks_of_the_admin_role(server, call):
    server.faults = always("403")
    answer = call(server, "POST", "/v1/accounts/local/evaluatorsV2", json={})

    assert answer.json()["message"] == "admin role required to call CreateEvaluatorV2"


def test_429_can_ask_to_wait_some_seconds(server, call):
    server.faults = always("429-retry-after", retry_after=1.5)
    answer = call(server, "GET", "/verifyApiKey")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")


def test_429_can_ask_to_wait_until_a_date(server, call):
    server.faults = always("429-retry-after-date", retry_after=30)
    asked = datetime.now(UTC)
    answer = call(server, "GET", "/verifyApiKey")

    wait = parsedate_to_datetime(answer.headers["Retry-After"]) - asked
    assert answer.status_code == 429
    assert timedelta(seconds=30) <= wait <= timedelta(seconds=33)


def test_429_can_ask_to_wait_some_milliseconds(server, call):
    server.faults = always("429-retry-after-ms", retry_after=0.05)
    answer = call(server, "GET", "/verifyApiKey")

    assert (answer.status_code, answer.headers["retry-after-ms"]) == (429, "50")


def test_a_slow_answer_is_late_and_right(server, call):
    server.faults = always("slow", delay=0.4)
    started = time.monotonic()
    answer = call(server, "POST", CHAT, json=ask())

    assert time.monotonic() - started >= 0.4
    assert answer.json()["choices"][0]["message"]["content"] == "It is four, of course."


def test_a_connection_is_cut_before_the_answer(server, call):
    server.faults = always("cut-before-answer")

    with pytest.raises(requests.ConnectionError, match="without response"):
        call(server, "GET", "/verifyApiKey")


def test_a_connection_is_cut_in_the_middle_of_the_body(server, call):
    server.faults = always("cut-mid-body")

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        call(server, "POST", CHAT, json=ask())


def test_truncated_json_has_a_length_that_agrees_with_it(server, call):
    server.faults = always("truncated-json")
    answer = call(server, "POST", CHAT, json=ask())

    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.content.startswith(b'{"id": "chatcmpl-')
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_wrong_content_type_is_a_page_with_status_200(server, call):
    server.faults = always("wrong-content-type")
    answer = call(server, "POST", CHAT, json=ask())

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!doctype html>")


def test_an_empty_body_has_status_200_and_the_right_content_type(server, call):
    server.faults = always("empty-body")
    answer = call(server, "POST", CHAT, json=ask())

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "application/json"


def _stream(server):
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    headers = {"Authorization": f"Bearer {server.api_key}"}
    connection.request("POST", CHAT, json.dumps(ask(stream=True)), headers)
    return connection, connection.getresponse()


def test_a_stream_is_cut_between_its_events(server):
    server.faults = always("cut-mid-body")
    connection, answer = _stream(server)

    with pytest.raises(http.client.IncompleteRead) as cut:
        answer.read()
    assert cut.value.partial.startswith(b"data: {")
    assert b"[DONE]" not in cut.value.partial
    answer.close()
    connection.close()


def test_a_truncated_stream_ends_properly_without_its_last_events(server):
    server.faults = always("truncated-json")
    connection, answer = _stream(server)
    text = answer.read().decode()
    answer.close()
    connection.close()

    last = text.split("data: ")[-1]
    assert "[DONE]" not in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)


@pytest.mark.parametrize("kind", ["cut-mid-body", "truncated-json", "empty-body"])
def test_a_damaged_answer_means_that_the_operation_happened(server, call, kind):
    server.faults = Faults(script={"POST *": kind})
    try:
        call(server, "POST", "/v1/accounts/local/secrets", json={"name": "a", "keyName": "A", "value": "x"})
    except requests.exceptions.ChunkedEncodingError:
        assert kind == "cut-mid-body"

    assert call(server, "GET", "/v1/accounts/local/secrets/a").status_code == 200


@pytest.mark.parametrize("kind", ["500", "503", "wrong-content-type", "429"])
def test_an_answer_in_place_of_the_real_one_means_that_nothing_happened(server, call, kind):
    server.faults = Faults(script={"POST *": kind})
    call(server, "POST", "/v1/accounts/local/secrets", json={"name": "a", "keyName": "A", "value": "x"})

    assert call(server, "GET", "/v1/accounts/local/secrets/a").status_code == 404


def test_a_script_gives_each_request_its_turn_and_then_ends(server, call):
    server.faults = Faults(script={"GET /verify*": ["503", None, "500"]})
    statuses = [call(server, "GET", "/verifyApiKey").status_code for _ in range(5)]

    assert statuses == [503, 200, 500, 200, 200]


def test_a_script_concerns_its_route_alone(server, call):
    server.faults = Faults(script={"POST */secrets": "500"})

    assert call(server, "GET", "/v1/accounts/local/secrets").status_code == 200
    assert call(server, "POST", "/v1/accounts/local/secrets", json={}).status_code == 500


def test_what_struck_is_recorded(server, call):
    server.faults = Faults(script={"*": ["503", None]})
    call(server, "GET", "/verifyApiKey")
    call(server, "GET", "/verifyApiKey")

    assert [seen.fault for seen in server.requests] == ["503", None]


def _struck(server, call, prompts):
    for prompt in prompts:
        call(server, "POST", CHAT, json=ask(prompt))
    seen = {json.loads(request.body)["messages"][0]["content"]: request.fault for request in server.requests}
    server.forget()
    return seen


def test_the_rate_strikes_its_share_with_every_kind(server, call):
    kinds = ("500", "503", "429")
    server.faults = Faults(rate=0.3, kinds=kinds, seed=5)
    struck = [kind for kind in _struck(server, call, [f"{number}?" for number in range(400)]).values() if kind]

    assert 90 <= len(struck) <= 150
    assert set(struck) == set(kinds)


def test_the_same_seed_strikes_the_same_requests_in_whatever_order(server, call):
    prompts = [f"{number}?" for number in range(60)]
    server.faults = Faults(rate=0.3, kinds=("500", "503"), seed=5)
    forwards = _struck(server, call, prompts)
    server.faults = Faults(rate=0.3, kinds=("500", "503"), seed=5)
    backwards = _struck(server, call, prompts[::-1])
    server.faults = Faults(rate=0.3, kinds=("500", "503"), seed=6)
    otherwise = _struck(server, call, prompts)

    assert forwards == backwards
    assert forwards != otherwise


def test_a_retry_is_drawn_anew(server, call):
    server.faults = Faults(rate=0.5, kinds=("503",), seed=1)
    statuses = {call(server, "POST", CHAT, json=ask()).status_code for _ in range(20)}

    assert statuses == {200, 503}


def test_the_same_request_is_struck_so_often_in_a_row_and_no_more(server, call):
    server.faults = Faults(rate=1.0, kinds=("503",), most_in_a_row=2)
    statuses = [call(server, "POST", CHAT, json=ask()).status_code for _ in range(6)]

    assert statuses == [503, 503, 200, 503, 503, 200]


def test_the_rate_can_be_for_some_routes(server, call):
    server.faults = Faults(rate=1.0, kinds=("503",), routes="POST *chat/completions")

    assert call(server, "GET", "/verifyApiKey").status_code == 200
    assert call(server, "POST", CHAT, json=ask()).status_code == 503


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"rate": 1.5}, "found the fault rate 1.5"),
        ({"rate": -0.1}, "found the fault rate -0.1"),
        ({"kinds": ("418",)}, "found the fault kind '418', expected one of 401"),
        ({"rate": 0.5, "kinds": ()}, "found no fault kinds"),
        ({"script": {"*": ["500", "nothing"]}}, "found the fault kind 'nothing'"),
        ({"script": {"*": "nothing"}}, "found the fault kind 'nothing'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, complaint):
    with pytest.raises(UsageError, match=complaint):
        Faults(**settings)


def test_each_kind_either_passes_or_stays():
    assert set(PERMANENT_FAULTS) | set(TRANSIENT_FAULTS) == set(ALL_FAULTS)
    assert not set(PERMANENT_FAULTS) & set(TRANSIENT_FAULTS)
    assert len(ALL_FAULTS) == 19
