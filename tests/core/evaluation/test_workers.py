"""Worker processes, against replies that do to them what hostile code does."""

import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from reward_kit.errors import ContractError, DataError, UsageError
from reward_kit.evaluation import grade_all
from reward_kit.evaluation.conversations import Conversation
from reward_kit.models import Message


def conversations(replies, total=40):
    for number in range(total):
        reply = Message(role="assistant", content=replies.get(number, f"fine {number}"))
        yield Conversation(id=str(number), messages=(reply,), ground_truth=str(number))


def errors(graded):
    return {int(item.conversation.id): item.result.error for item in graded if not item.result.is_score_valid}


def descendants(pid=None):
    found = []
    for children in Path(f"/proc/{pid or os.getpid()}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found += [child, *descendants(child)]
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids, within=10.0):
    until = time.monotonic() + within
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    return not any(map(alive, pids))


@pytest.mark.parametrize("workers", [2, 3])
def test_results_are_those_of_one_worker_in_the_order_of_the_input(toy_module, workers):
    alone = list(grade_all(conversations({}, 300), toy_module.nasty))
    assert list(grade_all(conversations({}, 300), toy_module.nasty, workers=workers)) == alone
    assert [item.conversation.id for item in alone] == [str(number) for number in range(300)]


def test_a_row_that_ends_its_process_is_not_graded_and_the_others_are(toy_module):
    replies = {0: "exit 7", 1: "signal SIGSEGV", 13: "exit 0", 14: "signal SIGKILL", 39: "signal SIGABRT"}
    graded = list(grade_all(conversations(replies), toy_module.nasty, workers=2))
    assert errors(graded) == {
        0: "its worker process ended: exit code 7",
        1: "its worker process ended: killed by SIGSEGV",
        13: "its worker process ended: exit code 0",
        14: "its worker process ended: killed by SIGKILL (out of memory?)",
        39: "its worker process ended: killed by SIGABRT",
    }
    assert len(graded) == 40
    assert all(item.result.score == 1.0 for item in graded if item.result.is_score_valid)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_row_that_takes_too_long_is_not_graded_and_the_others_are(toy_module, workers):
    replies = {3: "sleep 60", 4: "spin ", 20: "sleep 0.01"}
    started = time.monotonic()
    graded = list(grade_all(conversations(replies), toy_module.nasty, workers=workers, timeout=0.5))
    assert errors(graded) == {3: "timed out after 0.5 s", 4: "timed out after 0.5 s"}
    assert len(graded) == 40
    assert time.monotonic() - started < 30


def test_every_row_may_end_its_process(toy_module):
    graded = list(grade_all(conversations(dict.fromkeys(range(6), "exit 1"), 6), toy_module.nasty, workers=2))
    assert errors(graded) == dict.fromkeys(range(6), "its worker process ended: exit code 1")


def test_a_result_that_cannot_leave_its_process_is_not_graded_and_the_others_are(toy_module):
    graded = list(grade_all(conversations({5: "unpicklable"}), toy_module.nasty, workers=2))
    (error,) = errors(graded).values()
    assert error.startswith("its result cannot leave the worker process: ")
    assert len(graded) == 40


def test_a_result_that_ends_its_process_on_the_way_out_is_not_graded_and_the_others_are(toy_module):
    graded = list(grade_all(conversations({5: "fatal", 33: "fatal"}), toy_module.nasty, workers=2))
    assert errors(graded) == dict.fromkeys((5, 33), "its worker process ended: exit code 9")
    assert len(graded) == 40


def test_what_a_reward_raises_in_a_worker_is_not_graded(toy_module):
    graded = list(grade_all(conversations({5: "raise no such unit"}), toy_module.nasty, workers=2))
    assert errors(graded) == {5: "ValueError: no such unit"}


def test_an_infinite_input_is_taken_no_faster_than_it_is_graded(toy_module):
    taken = count()

    def endless():
        for number in taken:
            yield Conversation(id=str(number), messages=(Message(role="assistant", content="fine"),))

    graded = grade_all(endless(), toy_module.nasty, workers=2)
    for _ in range(5):
        next(graded)
    graded.close()
    assert next(taken) < 5_000


def test_rows_before_an_error_of_the_input_come_out_first(toy_module):
    def failing():
        yield from conversations({}, 7)
        message = "line 8 is bad"
        raise DataError(message)

    graded = grade_all(failing(), toy_module.nasty, workers=2)
    assert [next(graded).conversation.id for _ in range(7)] == list("0123456")
    with pytest.raises(DataError, match="line 8 is bad"):
        next(graded)


def test_no_worker_is_left_when_the_results_are_not_wanted_any_more(toy_module):
    graded = grade_all(conversations({0: "pid", 1: "pid", 2: "sleep 60"}, 4), toy_module.nasty, workers=2)
    pids = [int(next(graded).result.reason) for _ in range(2)]
    assert all(map(alive, pids))
    graded.close()
    assert gone(pids)


def test_a_program_that_leaves_results_unread_ends(nasty_toy):
    code = """
from reward_kit.evaluation import grade_all
from reward_kit.evaluation.conversations import Conversation
from reward_kit.models import Message
from toy_example import nasty
if __name__ == "__main__":
    rows = [Conversation(id="a", messages=(Message(role="assistant", content=text),)) for text in ("fine", "sleep 60")]
    left = grade_all(rows, nasty, workers=2)
    print(next(left).result.score)
"""
    program = nasty_toy.folder / "program.py"
    program.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(nasty_toy.site)}
    done = subprocess.run(
        [sys.executable, program], env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    assert (done.stdout, done.stderr) == ("1.0\n", "")


def test_a_reward_may_start_processes_of_its_own(toy_module):
    (graded,) = grade_all(conversations({0: "multiprocessing"}, 1), toy_module.nasty, timeout=30)
    assert graded.result.reason == "a child ended with 0"


def test_what_a_hung_row_has_started_is_ended_with_it(toy_module, tmp_path):
    pid_file = tmp_path / "pid"
    graded = list(grade_all(conversations({2: f"child {pid_file}"}, 4), toy_module.nasty, workers=2, timeout=2))
    assert errors(graded) == {2: "timed out after 2 s"}
    assert gone([int(pid_file.read_text())])


def test_a_reward_that_does_not_pickle_is_refused_with_the_way_out():
    with pytest.raises(UsageError, match=r"does not pickle .*define it at the top level of a module"):
        list(grade_all(conversations({}), lambda _: {"score": 1.0}, workers=2))


class _Unloadable:
    def __call__(self, messages):
        raise NotImplementedError

    def __reduce__(self):
        return int, ("no number",)


def test_a_reward_that_cannot_be_loaded_in_a_worker_is_refused():
    with pytest.raises(ContractError, match="cannot be loaded in a worker process: ValueError: invalid literal"):
        list(grade_all(conversations({}), _Unloadable(), workers=2))


@pytest.mark.parametrize("settings", [{"workers": 0}, {"timeout": 0}, {"timeout": -1.0}, {"timeout": float("nan")}])
def test_numbers_that_make_no_sense_are_refused(toy_module, settings):
    with pytest.raises(UsageError, match="expected positive numbers"):
        list(grade_all(conversations({}), toy_module.nasty, **settings))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_a_reward_prints_is_no_result(nasty_toy, sample_rows, write_jsonl, workers):
    data = write_jsonl(nasty_toy.folder / "data.jsonl", sample_rows(3, {1: "print"}))
    done = nasty_toy.run("evaluate", "--data", str(data), "--workers", workers, "--quiet")
    assert done.stdout == "3/3 passed (100.0 %)\n"
    assert "printed by the reward" in done.stderr
    assert "written by the reward" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent_even_in_the_middle_of_a_row(nasty_toy, sample_rows, write_jsonl, number):
    data = write_jsonl(nasty_toy.folder / "data.jsonl", sample_rows(20, {1: "spin ", 2: "sleep 60"}))
    process = nasty_toy.start("evaluate", "--data", str(data), "--workers", "2", "--run-id", "run")
    results = nasty_toy.folder / "runs" / "run" / "results.jsonl"
    until = time.monotonic() + 30
    while not (results.exists() and results.read_bytes()) and time.monotonic() < until:
        time.sleep(0.02)
    family = descendants(process.pid)
    assert len(family) >= 3
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert gone(family)
    assert results.read_bytes().count(b"\n") == 1
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "--resume run" in err
