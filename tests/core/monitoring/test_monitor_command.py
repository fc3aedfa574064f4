"""``monitor`` on the command line: one look, alerts and their webhook, and failing replies as new rows."""

import json
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace

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
    assert (told["example"], told["model"], told["day"]) == ("toy", "m", "2025-11-19")
    assert told["p_value"] == pytest.approx(alert["p_value"])
    assert told["text"].startswith("toy: the pass rate of m fell on 2025-11-19 (p = ")


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


def test_the_webhook_may_come_from_the_environment_with_a_query_and_is_in_no_message(toy, log, write_jsonl, httpserver):
    httpserver.expect_request("/hook/T0P", query_string="wait=s3cr3t").respond_with_response(Response(status=500))
    write_jsonl(log, rows(50, 50, 0) + rows(50, 20, 1))
    hook = httpserver.url_for("/hook/T0P?wait=s3cr3t")
    toy = replace(toy, environment={"REWARD_KIT_TOY_MONITOR_WEBHOOK": hook})
    done = toy.run("monitor", "--log", "app.jsonl", "--once")
    assert len(httpserver.log) == 1
    assert "the webhook was not told of m on 2025-11-19" in done.stderr
    assert "T0P" not in done.stderr
    assert "s3cr3t" not in done.stderr


def test_a_log_that_cannot_be_read_is_named_and_the_others_are_graded(toy, write_jsonl):
    (toy.folder / "logs").mkdir()
    write_jsonl(toy.folder / "logs" / "a.jsonl", rows(2, 2, 0))
    (toy.folder / "logs" / "b.jsonl.gz").write_bytes(b"no gzip")
    done = toy.run("monitor", "--log", "logs", "--once")
    assert done.returncode == 2
    assert "b.jsonl.gz: cannot be read" in done.stderr
    assert "2/2 (100.0%), 0" in done.stdout


def test_exporting_writes_nothing_into_the_store(toy, log, write_jsonl):
    write_jsonl(log, rows(4, 2, 0))
    toy.run("monitor", "--log", "app.jsonl", "--once", "--store", "kept/m.db")
    before = (toy.folder / "kept" / "m.db").read_bytes()
    done = toy.run("monitor", "export", "--store", "kept/m.db", "--output", "failing.jsonl")
    assert (done.returncode, done.stdout) == (0, "2 rows in failing.jsonl\n")
    assert (toy.folder / "kept" / "m.db").read_bytes() == before


def test_a_database_of_something_else_is_left_alone(toy, log, write_jsonl):
    write_jsonl(log, rows(1, 1, 0))
    with closing(sqlite3.connect(toy.folder / "other.db")) as other:
        other.execute("CREATE TABLE theirs (x)")
        other.commit()
    done = toy.run("monitor", "--log", "app.jsonl", "--once", "--store", "other.db")
    assert done.returncode == 2
    assert "not the store of a monitor" in done.stderr
    with closing(sqlite3.connect(toy.folder / "other.db")) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


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
