"""``monitor`` on the command line: one look, alerts and their webhook, and failing replies as new rows."""

import json
import signal
import time

import pytest
from werkzeug import Response

DAY = 1_763_464_000  # 2025-11-18


@pytest.fixture
def log(toy):
    return toy.folder / "app.jsonl"


def rows(count, right, day):
    return [
        {
            "messages": [{"role": "user", "content": f"{number} + 1"}],
            "response": f"= {number + 1 if number < right else 'wrong'}",
            "answer": str(number + 1),
            "model": "m",
            "created": DAY + 86400 * day,
        }
        for number in range(count)
    ]


def test_one_look_shows_every_day(toy, log, write_jsonl):
    write_jsonl(log, rows(4, 3, 0))
    done = toy.run("monitor", "--log", "app.jsonl", "--once")
    assert done.returncode == 0, done.stderr
    assert "m, 2025-11-18" in done.stdout
    assert "3/4 (75.0%), 0" in done.stdout


def test_a_fall_ends_with_one_and_tells_the_webhook_once(toy, log, write_jsonl, httpserver):
    httpserver.expect_request("/hook", method="POST").respond_with_json({})
    write_jsonl(log, rows(50, 50, 0) + rows(50, 20, 1))
    look = ("monitor", "--log", "app.jsonl", "--once", "--json", "--webhook", httpserver.url_for("/hook"))
    done = toy.run(*look)
    assert done.returncode == 1, done.stderr
    (alert,) = json.loads(done.stdout)["alerts"]
    assert (alert["model"], alert["day"], alert["rate"], alert["rate_before"]) == ("m", "2025-11-19", 0.4, 1.0)
    assert toy.run(*look).returncode == 1
    (told,) = [request.json for request, _ in httpserver.log]
    assert told == {"example": "toy", "model": "m", "day": "2025-11-19"}


def test_a_webhook_that_fails_is_told_at_the_next_look(toy, log, write_jsonl, httpserver):
    httpserver.expect_oneshot_request("/hook").respond_with_response(Response(status=400))
    httpserver.expect_request("/hook").respond_with_json({})
    write_jsonl(log, rows(50, 50, 0) + rows(50, 20, 1))
    look = ("monitor", "--log", "app.jsonl", "--once", "--webhook", httpserver.url_for("/hook"))
    first = toy.run(*look)
    assert "the webhook was not told of m on 2025-11-19" in first.stderr
    toy.run(*look)
    toy.run(*look)
    assert len(httpserver.log) == 2


def test_it_follows_a_log_until_it_is_interrupted(toy, log, write_jsonl):
    write_jsonl(log, rows(2, 2, 0))
    process = toy.start("monitor", "--log", "app.jsonl", "--interval", "0.1", "--json")
    try:
        assert json.loads(process.stdout.readline())["new"] == 2
        with log.open("a") as file:
            file.write(json.dumps(rows(3, 3, 1)[2]) + "\n")
        assert json.loads(process.stdout.readline())["new"] == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
    finally:
        process.kill()
        process.communicate()


def test_failing_replies_become_rows_that_prepare_takes(toy, log, write_jsonl):
    write_jsonl(log, rows(4, 2, 0))
    toy.run("monitor", "--log", "app.jsonl", "--once")
    done = toy.run("monitor", "export", "--output", "failing.jsonl")
    assert (done.returncode, done.stdout) == (0, "2 rows in failing.jsonl\n")
    prepared = toy.run("prepare", "--source", "failing.jsonl", "--split", "train", "--output", "next/dataset.jsonl")
    assert prepared.returncode == 0, prepared.stderr
    lines = [json.loads(line) for line in (toy.folder / "next" / "dataset.jsonl").read_text().splitlines()]
    assert [line["ground_truth"] for line in lines] == ["3", "4"]
    assert lines[0]["messages"] == [{"role": "user", "content": "2 + 1"}]
    assert lines[0]["metadata"]["reply"]["content"] == "= wrong"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "found no --log, expected a log file or a folder of them"),
        (("--log", "nowhere/app.log", "--once"), "found no 'nowhere/app.log'"),
        (("export", "--output", "x.jsonl"), "no such file; a monitor makes it"),
    ],
    ids=["no log", "no such log", "no store"],
)
def test_what_is_missing_is_named(toy, arguments, said):
    done = toy.run("monitor", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_nothing_is_left_running(toy, log, write_jsonl):
    write_jsonl(log, rows(2, 2, 0))
    process = toy.start("monitor", "--log", "app.jsonl", "--interval", "0.1", "--json", "--workers", "2")
    process.stdout.readline()
    process.kill()
    process.communicate()
    time.sleep(0.3)
    assert toy.run("monitor", "--log", "app.jsonl", "--once").returncode == 0
