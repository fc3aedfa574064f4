"""Asking for replies: bounded, resumable, nothing lost and nothing twice; against real local servers."""

import json
import threading
import time

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from reward_kit.clients.cache import ReplyCache
from reward_kit.clients.chat import ChatClient
from reward_kit.clients.http import HttpClient
from reward_kit.clients.retry import RetryPolicy, Timing
from reward_kit.data import AppendLog, read_replies
from reward_kit.errors import DataError, EndpointMissingError, RemoteError, RemoteStatusError, UsageError
from reward_kit.example import GenerationSettings
from reward_kit.generation import Question, RowFailure, generate
from reward_kit.models import Message, Sample

SETTINGS = GenerationSettings(model="tiny", temperature=0.2, max_tokens=64)
QUESTION = Question(settings=SETTINGS, system_prompt="Be brief.")


def samples(count):
    return [
        Sample(
            id=f"row-{number}", messages=[Message(role="user", content=f"{number} + 1?")], ground_truth=str(number + 1)
        )
        for number in range(count)
    ]


class Model:
    """A model that adds one, and can be told to refuse, to be slow, and to answer out of order."""

    def __init__(self):
        self.asked = []
        self.refuse = {}
        self.delay = lambda _: 0.0
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()

    def __call__(self, request):
        body = request.get_json()
        number = int(body["messages"][-1]["content"].partition(" ")[0])
        with self.lock:
            self.asked.append(number)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        time.sleep(self.delay(number))
        with self.lock:
            self.in_flight -= 1
        if number in self.refuse:
            return Response('{"error": {"message": "no"}}', status=self.refuse[number], content_type="application/json")
        choice = {"index": 0, "message": {"role": "assistant", "content": str(number + 1)}, "finish_reason": "stop"}
        return Response(json.dumps({"model": "tiny", "choices": [choice]}), content_type="application/json")


@pytest.fixture
def model():
    return Model()


@pytest.fixture(scope="module")
def threaded_server():
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def server(threaded_server, model):
    threaded_server.clear()
    threaded_server.expect_request("/v1/chat/completions").respond_with_handler(model)
    return threaded_server


@pytest.fixture
def client(server):
    timing, retry = Timing(sleep=lambda _: None), RetryPolicy(retries=1)
    with HttpClient(server.url_for("/v1"), timing=timing, retry=retry) as http:
        yield ChatClient(http)


def texts(path):
    return [(reply.id, reply.message.text) for reply in read_replies(path)]


def test_writes_a_reply_to_every_sample_in_the_order_of_the_data_set(model, client, tmp_path):
    model.delay = lambda number: 0.05 if number % 4 == 0 else 0.0
    report = generate(samples(12), client, QUESTION, tmp_path / "replies.jsonl", concurrency=4)
    assert texts(tmp_path / "replies.jsonl") == [(f"row-{number}", str(number + 1)) for number in range(12)]
    assert (report.rows, report.asked, report.resumed, report.cached, report.failures) == (12, 12, 0, 0, ())


def test_asks_with_the_system_prompt_first_and_the_settings(server, client, tmp_path):
    generate(samples(1), client, QUESTION, tmp_path / "replies.jsonl")
    assert server.log[0][0].get_json() == {
        "model": "tiny",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "0 + 1?"}],
        "temperature": 0.2,
        "max_tokens": 64,
    }


def test_a_sample_with_instructions_of_its_own_keeps_them(server, client, tmp_path):
    messages = [Message(role="system", content="Be long."), Message(role="user", content="0 + 1?")]
    generate([Sample(messages=messages)], client, QUESTION, tmp_path / "replies.jsonl")
    assert [message["content"] for message in server.log[0][0].get_json()["messages"]] == ["Be long.", "0 + 1?"]


def test_never_sends_what_the_reply_is_graded_with(server, client, tmp_path):
    sample = Sample(
        messages=[Message(role="user", content="0 + 1?")],
        ground_truth="the-truth",
        reference="the-reference",
        extra={"hint": "the-extra"},
        metadata={"source": "the-metadata"},
    )
    generate([sample], client, QUESTION, tmp_path / "replies.jsonl")
    assert "the-" not in server.log[0][0].get_data(as_text=True)


def test_a_reply_can_be_graded_without_its_data_set(client, tmp_path):
    generate(samples(1), client, QUESTION, tmp_path / "replies.jsonl")
    (reply,) = read_replies(tmp_path / "replies.jsonl")
    assert (reply.messages, reply.ground_truth) == ([Message(role="user", content="0 + 1?")], "1")


@pytest.mark.parametrize("concurrency", [1, 3])
def test_asks_no_more_at_once_than_it_may_and_as_much_as_it_may(model, client, tmp_path, concurrency):
    model.delay = lambda _: 0.02
    generate(samples(12), client, QUESTION, tmp_path / "replies.jsonl", concurrency=concurrency)
    assert model.most_in_flight == concurrency


def test_asks_only_for_what_the_file_does_not_have(model, client, tmp_path):
    generate(samples(3), client, QUESTION, tmp_path / "replies.jsonl")
    model.asked.clear()
    report = generate(samples(5), client, QUESTION, tmp_path / "replies.jsonl")
    assert sorted(model.asked) == [3, 4]
    assert (report.resumed, report.asked) == (3, 2)


def test_a_torn_file_in_any_order_ends_as_if_nothing_had_happened(client, tmp_path):
    whole, torn = tmp_path / "whole.jsonl", tmp_path / "torn.jsonl"
    generate(samples(6), client, QUESTION, whole)
    lines = whole.read_bytes().splitlines(keepends=True)
    torn.write_bytes(lines[4] + lines[1] + lines[2][:30])
    report = generate(samples(6), client, QUESTION, torn)
    assert torn.read_bytes() == whole.read_bytes()
    assert (report.resumed, report.asked) == (2, 4)


def test_a_file_that_is_complete_is_not_written_again(client, tmp_path):
    generate(samples(3), client, QUESTION, tmp_path / "replies.jsonl")
    before = (tmp_path / "replies.jsonl").stat().st_ino
    generate(samples(3), client, QUESTION, tmp_path / "replies.jsonl")
    assert (tmp_path / "replies.jsonl").stat().st_ino == before


def test_rows_of_a_longer_run_stay(client, tmp_path):
    generate(samples(4), client, QUESTION, tmp_path / "replies.jsonl")
    generate(samples(4)[2:], client, QUESTION, tmp_path / "replies.jsonl")
    assert [identifier for identifier, _ in texts(tmp_path / "replies.jsonl")] == ["row-2", "row-3", "row-0", "row-1"]


@pytest.mark.parametrize(
    "other",
    [
        Question(settings=GenerationSettings(model="other", temperature=0.2, max_tokens=64), system_prompt="Be brief."),
        Question(settings=GenerationSettings(model="tiny", temperature=0.3, max_tokens=64), system_prompt="Be brief."),
        Question(settings=SETTINGS, system_prompt="Be long."),
        Question(settings=SETTINGS, system_prompt="Be brief.", seed=1),
        Question(settings=SETTINGS, system_prompt="Be brief.", extra={"reasoning_effort": "none"}),
    ],
    ids=["model", "temperature", "system prompt", "seed", "extra"],
)
def test_a_run_with_other_settings_does_not_continue_the_file(client, tmp_path, other):
    generate(samples(2), client, QUESTION, tmp_path / "replies.jsonl")
    before = (tmp_path / "replies.jsonl").read_bytes()
    with pytest.raises(UsageError, match="has a reply to 'row-0' that was asked for otherwise"):
        generate(samples(3), client, other, tmp_path / "replies.jsonl")
    assert (tmp_path / "replies.jsonl").read_bytes() == before


@pytest.mark.parametrize("line", ['{"id": "row-0", "response": "1"}\n', "[]\n", "not JSON\n", "\n"])
def test_a_file_of_something_else_is_left_alone(model, client, tmp_path, line):
    (tmp_path / "replies.jsonl").write_text(line)
    with pytest.raises(UsageError, match="line 1 was not written by this command"):
        generate(samples(1), client, QUESTION, tmp_path / "replies.jsonl")
    assert (tmp_path / "replies.jsonl").read_text() == line
    assert model.asked == []


def test_two_runs_cannot_write_one_file(client, tmp_path):
    with AppendLog(tmp_path / "replies.jsonl"), pytest.raises(UsageError, match="being written by another process"):
        generate(samples(1), client, QUESTION, tmp_path / "replies.jsonl")


def test_two_samples_with_one_id_are_refused(client, tmp_path):
    with pytest.raises(DataError, match="found 'row-0' in row 2 again"):
        generate([*samples(1), *samples(1)], client, QUESTION, tmp_path / "replies.jsonl")


def test_a_row_that_fails_for_good_is_told_not_written_and_asked_again_by_the_next_run(model, client, tmp_path):
    model.refuse = {1: 400, 3: 503}
    report = generate(samples(5), client, QUESTION, tmp_path / "replies.jsonl")
    assert [failure.id for failure in report.failures] == ["row-1", "row-3"]
    assert "answered 503 SERVICE UNAVAILABLE: 'no' after 2 attempts" in report.failures[1].error
    assert [identifier for identifier, _ in texts(tmp_path / "replies.jsonl")] == ["row-0", "row-2", "row-4"]
    model.refuse = {}
    again = generate(samples(5), client, QUESTION, tmp_path / "replies.jsonl")
    assert (again.resumed, again.asked, again.failures) == (3, 2, ())
    assert [identifier for identifier, _ in texts(tmp_path / "replies.jsonl")] == [f"row-{n}" for n in range(5)]


def test_failures_are_values(model, client, tmp_path):
    model.refuse = {0: 413}
    report = generate(samples(1), client, QUESTION, tmp_path / "replies.jsonl")
    assert isinstance(report.failures[0], RowFailure)


@pytest.mark.parametrize("status", [401, 402, 403, 412])
def test_what_no_row_can_get_over_ends_the_run_and_keeps_what_came(model, client, tmp_path, status):
    model.refuse = dict.fromkeys(range(4, 1000), status)
    with pytest.raises(RemoteStatusError) as caught:
        generate(samples(1000), client, QUESTION, tmp_path / "replies.jsonl", concurrency=2)
    assert caught.value.status == status
    assert len(model.asked) < 10
    assert {"row-0", "row-1", "row-2", "row-3"} >= {identifier for identifier, _ in texts(tmp_path / "replies.jsonl")}
    assert len(texts(tmp_path / "replies.jsonl")) >= 3


def test_a_missing_endpoint_is_told_as_one(tmp_path, httpserver):
    httpserver.expect_request("/v1/chat/completions").respond_with_data("nothing here", status=404)
    with HttpClient(httpserver.url_for("/v1")) as http, pytest.raises(EndpointMissingError):
        generate(samples(3), ChatClient(http), QUESTION, tmp_path / "replies.jsonl")


def test_a_service_that_is_gone_ends_the_run(model, client, tmp_path):
    model.refuse = dict.fromkeys(range(5, 1000), 500)
    with pytest.raises(RemoteError, match=r"gave up after 10 rows in a row without an answer; the last: POST http://"):
        generate(samples(1000), client, QUESTION, tmp_path / "replies.jsonl", concurrency=1)
    assert len(texts(tmp_path / "replies.jsonl")) == 5


def test_an_error_of_our_own_is_not_taken_for_a_failed_row(client, tmp_path):
    question = Question(settings=SETTINGS, extra={"stream": True})
    with pytest.raises(UsageError, match="a reply is always whole"):
        generate(samples(2), client, question, tmp_path / "replies.jsonl")


def test_what_the_cache_has_is_not_asked_for(model, server, tmp_path):
    with HttpClient(server.url_for("/v1")) as http:
        client = ChatClient(http, cache=ReplyCache(tmp_path / "cache"))
        generate(samples(3), client, QUESTION, tmp_path / "one.jsonl")
        report = generate(samples(3), client, QUESTION, tmp_path / "two.jsonl")
    assert (report.asked, report.cached, len(model.asked)) == (0, 3, 3)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_tells_of_each_reply_as_it_arrives(client, tmp_path):
    seen = []
    generate(samples(3), client, QUESTION, tmp_path / "replies.jsonl", on_reply=lambda reply: seen.append(reply.id))
    assert sorted(seen) == ["row-0", "row-1", "row-2"]


def test_several_attempts_are_asked_for_and_stand_together_in_the_order_of_the_data_set(model, client, tmp_path):
    model.delay = lambda number: 0.02 if number == 0 else 0.0
    report = generate(samples(3), client, QUESTION, tmp_path / "replies.jsonl", attempts=3, concurrency=4)
    assert (report.rows, report.asked, sorted(model.asked)) == (9, 9, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    rows = [json.loads(line) for line in (tmp_path / "replies.jsonl").read_bytes().splitlines()]
    assert [(row["id"], row.get("attempt")) for row in rows] == [
        (f"row-{number}", attempt) for number in range(3) for attempt in (None, 1, 2)
    ]


def test_more_attempts_go_on_from_those_that_are_there(model, client, tmp_path):
    generate(samples(2), client, QUESTION, tmp_path / "grown.jsonl")
    again = generate(samples(2), client, QUESTION, tmp_path / "grown.jsonl", attempts=3)
    assert (again.rows, again.resumed, again.asked, len(model.asked)) == (6, 2, 4, 6)
    generate(samples(2), client, QUESTION, tmp_path / "whole.jsonl", attempts=3)
    assert (tmp_path / "grown.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_file_of_attempts_that_was_cut_off_is_completed_to_the_same_bytes(model, client, tmp_path):
    path = tmp_path / "replies.jsonl"
    generate(samples(3), client, QUESTION, path, attempts=2)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    again = generate(samples(3), client, QUESTION, path, attempts=2)
    assert again.resumed + again.asked == 6
    assert len(model.asked) == 6 + again.asked
    assert path.read_bytes() == whole


def test_each_attempt_has_a_seed_of_its_own(server, client, tmp_path):
    question = Question(settings=SETTINGS, seed=7)
    generate(samples(1), client, question, tmp_path / "replies.jsonl", attempts=3, concurrency=1)
    assert [request.get_json()["seed"] for request, _ in server.log] == [7, 8, 9]


def test_an_attempt_that_fails_says_which_it_was(model, client, tmp_path):
    model.refuse = {1: 400}
    report = generate(samples(2), client, QUESTION, tmp_path / "replies.jsonl", attempts=2)
    assert [failure.id for failure in report.failures] == ["row-1", "row-1"]
    assert not report.failures[0].error.startswith("attempt")
    assert report.failures[1].error.startswith("attempt 2: ")


def test_what_the_cache_has_of_one_attempt_is_not_taken_for_another(model, server, tmp_path):
    with HttpClient(server.url_for("/v1")) as http:
        client = ChatClient(http, cache=ReplyCache(tmp_path / "cache"))
        generate(samples(1), client, QUESTION, tmp_path / "one.jsonl")
        report = generate(samples(1), client, QUESTION, tmp_path / "two.jsonl", attempts=3)
    assert (report.asked, report.cached, len(model.asked)) == (2, 1, 3)
