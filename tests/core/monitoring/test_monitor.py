"""A deployed model's log: graded once, kept by day and model, and an alert when the rate falls."""

import gzip
import json
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from reward_kit.errors import DataError, UsageError
from reward_kit.models import Message, Sample
from reward_kit.monitoring import Monitor, MonitorSettings, Store
from reward_kit.monitoring.production_rows import GroundTruths
from reward_kit.monitoring.store import Grading
from reward_kit.rewards.math import math_reward

DAY = 1_763_464_000  # 2025-11-18
HERE = MonitorSettings(timeout=None)


def completion(number, answer, truth="3", *, day=0, model="qwen3", **more):
    return {
        "request": {"messages": [{"role": "user", "content": f"Question {number}?"}], "model": model},
        "response": {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": DAY + 86400 * day,
            "model": model,
            "choices": [{"message": {"role": "assistant", "content": f"\\boxed{{{answer}}}"}, "finish_reason": "stop"}],
        },
        "ground_truth": truth,
        **more,
    }


def append(log, *rows):
    with log.open("a") as file:
        file.writelines(json.dumps(row) + "\n" if isinstance(row, dict) else row for row in rows)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.jsonl"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "monitor.db") as store:
        yield store


def figures(store):
    return [(rate.model, rate.day, rate.rows, rate.passed, rate.not_graded) for rate in store.rates()]


def test_replies_are_graded_by_day_and_model(log, store):
    append(log, completion(1, 3), completion(2, 4), completion(3, 3, day=1), completion(4, 3, model="kimi"))
    assert Monitor(math_reward, log, store, settings=HERE).poll() == 4
    assert figures(store) == [
        ("kimi", "2025-11-18", 1, 1, 0),
        ("qwen3", "2025-11-18", 2, 1, 0),
        ("qwen3", "2025-11-19", 1, 1, 0),
    ]


def test_what_was_graded_is_not_graded_again(log, store):
    monitor = Monitor(math_reward, log, store, settings=HERE)
    append(log, completion(1, 3))
    assert (monitor.poll(), monitor.poll()) == (1, 0)
    append(log, completion(1, 3), completion(2, 3))
    assert monitor.poll() == 1


def test_a_second_monitor_goes_on_from_the_store(log, store):
    append(log, completion(1, 3))
    Monitor(math_reward, log, store, settings=HERE).poll()
    append(log, completion(2, 3))
    assert Monitor(math_reward, log, store, settings=HERE).poll() == 1


def test_a_line_that_cannot_be_read_is_kept_as_not_graded(log, store):
    append(log, completion(1, 3), "{broken\n", {"event": "started"}, completion(2, 3))
    assert Monitor(math_reward, log, store, settings=HERE).poll() == 4
    today = datetime.now(UTC).date().isoformat()
    assert ("unreadable", today, 2, 0, 2) in figures(store)
    assert ("qwen3", "2025-11-18", 2, 2, 0) in figures(store)


@pytest.mark.parametrize(
    "line",
    [
        completion(1, 3, request={"messages": [{"role": "user", "content": "?"}], "tools": "no tools"}),
        completion(1, 3, request={"messages": [{"role": "user", "content": "?"}], "tools": [{"x": [[]]}, 1]}),
        completion(1, 3, ground_truth=json.loads("[" * 400 + "]" * 400)),
        "\0" * 1000 + "\n",
    ],
    ids=["tools that are none", "tools of two kinds", "deep", "zero bytes"],
)
def test_a_line_of_a_wrong_shape_stops_nothing(log, store, line):
    append(log, line, completion(2, 3))
    assert Monitor(math_reward, log, store, settings=HERE).poll() == 2
    assert ("qwen3", "2025-11-18", 1, 1, 0) in figures(store)


@pytest.mark.parametrize("name", ["id", "model"])
def test_half_a_surrogate_pair_in_a_name_stops_nothing(log, store, name):
    line = completion(1, 4)
    line["response"][name] = "x\ud800"
    append(log, line, line)
    assert Monitor(math_reward, log, store, settings=HERE).poll() == 1
    assert [sample["ground_truth"] for _, sample in store.failing()] == ["3"]


@pytest.mark.parametrize("created", [-62_135_596_800, 4_000_000_000, 0], ids=["year 1", "year 2096", "1970"])
def test_a_reply_of_an_impossible_day_counts_today(log, store, created):
    line = completion(1, 3)
    line["response"]["created"] = created
    append(log, line)
    monitor = Monitor(math_reward, log, store, settings=HERE)
    monitor.poll()
    assert monitor.alerts() == []
    assert figures(store) == [("qwen3", datetime.now(UTC).date().isoformat(), 1, 1, 0)]


def test_two_models_may_use_one_completion_id(log, store):
    append(log, completion(1, 3), completion(1, 3, model="kimi"))
    assert Monitor(math_reward, log, store, settings=HERE).poll() == 2


def test_a_log_that_cannot_be_read_keeps_no_other_from_being_graded(tmp_path, store):
    logs = tmp_path / "logs"
    logs.mkdir()
    damaged = bytearray(gzip.compress(bytes(range(256)) * 40, mtime=0))
    damaged[20:60] = b"x" * 40
    (logs / "a.log.gz").write_bytes(damaged)
    append(logs / "b.log", completion(1, 3))
    monitor = Monitor(math_reward, logs, store, settings=HERE)
    assert monitor.poll() == 1
    assert [problem.path for problem in monitor.problems] == [str(logs / "a.log.gz")]
    assert (monitor.poll(), len(monitor.problems)) == (0, 1)


def test_what_the_reward_cannot_decide_is_not_graded_and_does_not_count_as_failed(log, store):
    append(log, completion(1, 3, truth="?"))
    Monitor(math_reward, log, store, settings=HERE).poll()
    assert figures(store) == [("qwen3", "2025-11-18", 1, 0, 1)]
    assert list(store.failing()) == []


def test_ground_truths_come_from_a_data_set_by_prompt_or_by_id(log, store):
    samples = [
        Sample(id="a", messages=[Message(role="user", content="Question 1?")], ground_truth="3"),
        Sample(id="b", messages=[Message(role="user", content="another wording")], ground_truth="4"),
    ]
    append(log, completion(1, 3, truth=None), completion(2, 4, truth=None, sample_id="b"))
    Monitor(math_reward, log, store, truths=GroundTruths(samples), settings=HERE).poll()
    assert figures(store) == [("qwen3", "2025-11-18", 2, 2, 0)]


def test_replies_as_regenerate_writes_them_are_understood(log, store):
    reply = {"messages": [{"role": "user", "content": "?"}], "response": "#### 3", "answer": "3", "model": "m"}
    append(log, {**reply, "timestamp": "2025-11-20T23:30:00-02:00"})
    Monitor(math_reward, log, store, settings=HERE).poll()
    assert figures(store) == [("m", "2025-11-21", 1, 1, 0)]


def test_equal_replies_without_an_identity_are_two(log, store):
    reply = {"messages": [{"role": "user", "content": "?"}], "response": "#### 3", "answer": "3"}
    append(log, reply, reply)
    assert Monitor(math_reward, log, store, settings=HERE).poll() == 2


def test_a_fall_raises_an_alert_and_chance_does_not(log, store):
    monitor = Monitor(math_reward, log, store, settings=HERE)
    append(log, *(completion(number, 3 if number % 20 else 4, day=number % 3) for number in range(300)))
    append(log, *(completion(1000 + number, 3 if number % 20 else 4, day=3) for number in range(60)))
    monitor.poll()
    assert monitor.alerts() == []
    append(log, *(completion(2000 + number, 3 if number % 2 else 4, day=4) for number in range(60)))
    monitor.poll()
    (alert,) = monitor.alerts()
    assert (alert.model, alert.day) == ("qwen3", "2025-11-22")
    assert (alert.found.rate, alert.found.rows_before) == (0.5, 360)
    assert alert.found.p_value < 1e-9


def test_too_few_rows_raise_no_alert(log, store):
    monitor = Monitor(math_reward, log, store, settings=HERE)
    append(log, *(completion(number, 3) for number in range(100)))
    append(log, *(completion(1000 + number, 4, day=1) for number in range(29)))
    monitor.poll()
    assert monitor.alerts() == []


def test_a_fall_on_a_day_that_is_over_is_told_while_the_next_has_few_rows(log, store):
    monitor = Monitor(math_reward, log, store, settings=HERE)
    append(log, *(completion(number, 3) for number in range(100)))
    append(log, *(completion(1000 + number, 4, day=1) for number in range(60)))
    append(log, *(completion(2000 + number, 3, day=2) for number in range(5)))
    monitor.poll()
    (alert,) = monitor.alerts()
    assert alert.day == "2025-11-19"


def test_looking_often_does_not_make_chance_a_fall(tmp_path):
    """Of 200 models that never change, looked at after every tenth row, about none may be accused at 1 %."""
    dice = random.Random(3)  # noqa: S311 - draws, no secret
    settings = MonitorSettings(timeout=None, alpha=0.01)
    with Store(tmp_path / "monitor.db") as store:
        monitor = Monitor(math_reward, tmp_path / "app.jsonl", store, settings=settings)
        for number in range(200):
            store.add([grading(f"{number} b {index}", number, 0, dice) for index in range(400)], {})
        for look in range(60):
            for number in range(200):
                store.add([grading(f"{number} {look} {index}", number, 1, dice) for index in range(10)], {})
            monitor.alerts()
        assert len(store.untold()) <= 4


def grading(key, model, day, dice):
    passed = dice.random() < 0.8
    moment = datetime.fromtimestamp(DAY + 86400 * day, UTC).date().isoformat()
    return Grading(
        key=key, day=moment, model=f"m{model}", is_score_valid=True, passed=passed, score=1.0, why="", sample=None
    )


def test_a_second_monitor_on_one_store_is_refused(store):
    with pytest.raises(UsageError, match="is in use by another monitor"):
        Store(store.path)


def test_a_file_that_is_no_store_is_refused(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("not a database, but long enough to look at " * 50)
    with pytest.raises(DataError, match="not the store of a monitor"):
        Store(path)


def test_killed_at_random_it_grades_every_line_once(tmp_path):
    """Rows are appended and files rotated while the monitor is killed and started again."""
    log, database = tmp_path / "app.jsonl", tmp_path / "monitor.db"
    script = (
        "from pathlib import Path\n"
        "from reward_kit.monitoring import Monitor, MonitorSettings, Store\n"
        "from reward_kit.rewards.math import math_reward\n"
        f"with Store({str(database)!r}) as store:\n"
        f"    monitor = Monitor(math_reward, {str(log)!r}, store, settings=MonitorSettings(timeout=None))\n"
        "    while True:\n"
        "        monitor.poll()\n"
    )
    dice = random.Random(7)  # noqa: S311 - moments, no secret
    number = 0
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", script])
        end = time.monotonic() + dice.uniform(0.6, 1.4)
        while time.monotonic() < end:
            reply = {"messages": [{"role": "user", "content": "?"}], "response": "#### 3", "answer": "3"}
            append(log, *(reply if index % 2 else completion(number + index, 3) for index in range(100)))
            number += 100
            if dice.random() < 0.2:
                log.rename(log.with_name(f"app.jsonl.{number}"))
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with Store(database) as store:
        Monitor(math_reward, log, store, settings=HERE).poll()
        assert sum(rate.rows for rate in store.rates()) == number
        assert sum(rate.passed for rate in store.rates()) == number
