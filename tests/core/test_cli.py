"""The command line as a person meets it: what it prints where, and the code it ends with."""

import contextlib
import json
import os
import pty
import subprocess
import sys

import pytest


@pytest.fixture
def reward_kit(toy):
    """Return a function that runs ``reward-kit`` where the toy is installed."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", "from reward_kit.cli import main; main()", *arguments],
            cwd=toy.folder,
            env={**os.environ, "PYTHONPATH": str(toy.site)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_installed_examples_are_listed(reward_kit):
    done = reward_kit("list")
    assert done.returncode == 0
    assert "toy\tA toy." in done.stdout.splitlines()


def test_an_installed_example_is_a_command_with_every_verb(reward_kit):
    assert "toy" in reward_kit("--help").stdout
    verbs = reward_kit("toy", "--help").stdout
    assert all(f"\n  {verb} " in verbs for verb in ("prepare", "check", "evaluate", "preview", "regenerate", "train"))


@pytest.mark.parametrize("arguments", [["--version"], ["toy", "--version"]])
def test_the_version_is_told(reward_kit, arguments):
    done = reward_kit(*arguments)
    assert done.returncode == 0
    assert "version" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["no-such-example"], "No such command 'no-such-example'"),
        (["toy", "no-such-verb"], "No such command 'no-such-verb'"),
        (["toy", "evaluate", "--no-such-option"], "No such option '--no-such-option'"),
        (["toy", "evaluate", "--workers", "0"], "0 is not in the range x>=1"),
        (["toy", "evaluate", "--data", "none.jsonl"], "error: none.jsonl: no such file"),
        (["toy", "evaluate", "--run-id", "a", "--resume", "b"], "found both --run-id and --resume"),
        (["toy", "evaluate", "--run-id", "../a"], "expected a name without a slash"),
        (["toy", "evaluate", "--resume", "a"], "found no run 'a' in 'runs'"),
        (["toy", "evaluate", "--resume"], "found no unfinished run of 'toy' in 'runs'"),
        (["toy", "prepare", "--source", "none"], "error: none: no such file or folder"),
        (["toy", "prepare", "--source", ".", "--split", "a+b"], "expected a form like 'train'"),
    ],
)
def test_a_wrong_use_is_one_line_on_stderr_and_exit_code_2(reward_kit, arguments, complaint):
    done = reward_kit(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_run_that_could_not_begin_leaves_nothing(toy):
    toy.run("evaluate", "--data", "none.jsonl")
    assert list((toy.folder / "runs").iterdir()) == []


def test_references_are_graded_by_default(toy):
    done = toy.run("evaluate")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "5/5 passed (100.0 %)"
    assert done.stderr == "\nresults: runs/toy-0001/results.jsonl\n"
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [(["evaluate"], "graded 1/5"), (["check"], "checked 1"), (["prepare", "--source", "source.jsonl"], "prepared 1")],
    ids=str,
)
def test_a_terminal_shows_how_far_a_verb_is_and_nothing_of_it_stays(toy, write_jsonl, arguments, shown):
    write_jsonl(toy.folder / "source.jsonl", [{"question": "1 + 1", "answer": "2"}])
    ours, theirs = pty.openpty()
    process = toy.start(*arguments, stderr=theirs)
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
        while block := os.read(ours, 1024):
            seen += block
    os.close(ours)
    process.communicate()
    assert process.returncode == 0
    assert shown in seen.decode()
    assert seen.decode().rpartition("\x1b[K")[2].strip() in {"", "results: runs/toy-0001/results.jsonl"}


def test_runs_are_numbered(toy):
    toy.run("evaluate", "--quiet")
    toy.run("evaluate", "--quiet")
    assert sorted(path.name for path in (toy.folder / "runs").iterdir()) == ["toy-0001", "toy-0002"]


def test_json_is_one_object_with_every_result_and_nothing_else(toy):
    done = toy.run("evaluate", "--json")
    value = json.loads(done.stdout)
    results = value.pop("results")
    assert value.pop("seconds") >= 0
    assert value == {
        "example": "toy",
        "rows": 5,
        "passed": 5,
        "failed": 0,
        "not_graded": 0,
        "cut_off": 0,
        "pass_rate": 1.0,
        "interval": [pytest.approx(0.5655, abs=1e-4), 1.0],
        "mean_score": 1.0,
    }
    assert [row["id"] for row in results] == [f"row-{number}" for number in range(5)]
    assert done.stdout.count("\n") == 1


def test_references_that_do_not_all_pass_end_with_1_and_are_shown(toy, sample_rows, write_jsonl):
    data = write_jsonl(toy.folder / "data.jsonl", sample_rows(1000, {7: "wrong"}))
    done = toy.run("evaluate", "--data", str(data))
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "999/1000 passed (99.9 %)"
    assert "  row-7  0  'wrong' against '8'" in done.stdout.splitlines()
    assert "99.9 % passed, less than --min-pass-rate 1" in done.stderr


def test_a_rate_is_rounded_to_all_or_none_only_where_it_is(toy, sample_rows, write_jsonl):
    data = write_jsonl(toy.folder / "data.jsonl", sample_rows(3000, {7: "wrong"}))
    assert toy.run("evaluate", "--data", str(data), "--quiet").stdout == "2999/3000 passed (99.9 %)\n"


def test_a_pass_rate_can_be_asked_for(toy, sample_rows, write_jsonl):
    data = write_jsonl(toy.folder / "data.jsonl", sample_rows(4, {1: "wrong"}))
    assert toy.run("evaluate", "--data", str(data), "--min-pass-rate", "0.75").returncode == 0
    assert toy.run("evaluate", "--data", str(data), "--min-pass-rate", "0.76").returncode == 1


def test_replies_that_fail_end_with_0_unless_a_pass_rate_is_asked_for(toy, write_jsonl):
    rows = [
        {"id": "row-0", "response": "it is = 1", "finished": False},
        {"id": "row-1", "response": "= 7", "correct": True},
    ]
    replies = write_jsonl(toy.folder / "replies.jsonl", rows)
    done = toy.run("evaluate", "--replies", str(replies), "--quiet")
    assert (done.returncode, done.stdout) == (0, "1/2 passed (50.0 %), 1 cut off, 3 rows without a reply\n")
    assert toy.run("evaluate", "--replies", str(replies), "--min-pass-rate", "0.6").returncode == 1


def test_rows_that_could_not_be_graded_end_with_1_unless_they_are_allowed(nasty_toy, sample_rows, write_jsonl):
    data = write_jsonl(nasty_toy.folder / "data.jsonl", sample_rows(4, {1: "raise no unit"}))
    done = nasty_toy.run("evaluate", "--data", str(data))
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "3/3 passed (100.0 %), 1 not graded"
    assert "  row-1  ValueError: no unit" in done.stdout.splitlines()
    assert "1 rows not graded, more than --max-failures 0" in done.stderr
    assert nasty_toy.run("evaluate", "--data", str(data), "--max-failures", "1").returncode == 0


def test_a_row_that_hangs_is_given_up_on(nasty_toy, sample_rows, write_jsonl):
    data = write_jsonl(nasty_toy.folder / "data.jsonl", sample_rows(4, {1: "sleep 60"}))
    done = nasty_toy.run("evaluate", "--data", str(data), "--workers", "2", "--timeout", "0.5")
    assert done.returncode == 1
    assert "  row-1  timed out after 0.5 s" in done.stdout.splitlines()


@pytest.mark.parametrize("how", [["--run-id", "mine"], ["--resume", "mine"], ["--resume"]])
def test_a_run_that_was_killed_goes_on(toy, sample_rows, write_jsonl, how):
    data = write_jsonl(toy.folder / "data.jsonl", sample_rows(40))
    assert toy.run("evaluate", "--data", str(data), "--run-id", "mine").returncode == 0
    results = toy.folder / "runs" / "mine" / "results.jsonl"
    whole = results.read_bytes()
    record = json.loads((results.parent / "run.json").read_text())
    results.write_bytes(whole[: len(whole) // 2])
    (results.parent / "run.json").write_text(json.dumps({**record, "finished": None}))
    done = toy.run("evaluate", "--data", str(data), *how)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "40/40 passed (100.0 %)")
    assert results.read_bytes() == whole
    assert json.loads((results.parent / "run.json").read_text())["finished"]


def test_a_run_does_not_go_on_with_other_data(toy, sample_rows, write_jsonl):
    data = write_jsonl(toy.folder / "data.jsonl", sample_rows(4))
    toy.run("evaluate", "--data", str(data), "--run-id", "mine")
    write_jsonl(data, sample_rows(5))
    done = toy.run("evaluate", "--data", str(data), "--run-id", "mine")
    assert done.returncode == 2
    assert "cannot be resumed: its data was" in done.stderr


def test_a_folder_that_cannot_be_written_is_a_missing_prerequisite(toy):
    (toy.folder / "file").write_text("")
    done = toy.run("evaluate", "--output", "file")
    assert done.returncode == 3
    assert done.stderr == "error: cannot make a run in 'file': file exists; pass another --output\n"


def test_a_setting_may_come_from_the_environment(toy):
    toy.environment["REWARD_KIT_TOY_EVALUATE_OUTPUT"] = "elsewhere"
    toy.run("evaluate", "--quiet")
    assert (toy.folder / "elsewhere" / "toy-0001" / "results.jsonl").exists()


def test_a_reader_that_goes_away_is_no_bug(toy, sample_rows, write_jsonl):
    data = write_jsonl(toy.folder / "data.jsonl", sample_rows(3000))
    process = toy.start("evaluate", "--data", str(data), "--json")
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert "bug" not in err


def test_a_check_that_holds_says_so(toy):
    done = toy.run("check")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split("  ")[0] == "reply"
    assert lines[1].split() == ["reference", "5", "5"]
    assert lines[-1] == "5 rows: the reward and the data set keep what they promise"


def test_a_check_that_does_not_hold_names_the_rows(toy, sample_rows, write_jsonl):
    data = write_jsonl(toy.folder / "data.jsonl", sample_rows(3, {1: "wrong"}))
    done = toy.run("check", "--data", str(data))
    assert done.returncode == 1
    assert "row-1  reference: scored 0.0, expected 1.0 ('wrong' against '2')" in done.stdout.splitlines()


def test_a_data_set_is_prepared_from_a_local_file_and_can_be_graded(toy, write_jsonl):
    rows = [{"question": f"{number} + 1", "answer": str(number + 1)} for number in range(6)]
    source = write_jsonl(toy.folder / "source.jsonl", rows)
    done = toy.run("prepare", "--source", str(source))
    assert (done.returncode, done.stdout) == (0, "3 rows in toy.jsonl\n")
    assert toy.run("prepare", "--source", str(source), "--split", "train").stdout == "6 rows in toy.jsonl\n"
    assert 'licence = "MIT"' in (toy.folder / "toy.source.toml").read_text().splitlines()
    assert toy.run("evaluate", "--data", "toy.jsonl", "--quiet").stdout == "6/6 passed (100.0 %)\n"


def test_rows_that_cannot_be_used_end_the_preparation_or_are_put_aside(toy, write_jsonl):
    rows = [{"question": "1 + 1", "answer": "2"}, {"question": "?"}, {"question": "1 + 2", "answer": "unreadable"}]
    source = write_jsonl(toy.folder / "source.jsonl", rows)
    done = toy.run("prepare", "--source", str(source))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {source}:2: answer: missing; the row has 'question'\n"
    assert not (toy.folder / "toy.jsonl").exists()
    done = toy.run("prepare", "--source", str(source), "--skip-invalid")
    assert (done.returncode, done.stdout) == (0, "1 rows in toy.jsonl\n")
    assert done.stderr == (
        "2 rows rejected, see toy.rejects.jsonl\n"
        "     1  answer: missing\n"
        "     1  ground_truth: the reward cannot grade\n"
    )
    assert len((toy.folder / "toy.rejects.jsonl").read_text().splitlines()) == 2
    assert '\n\n[rejected]\n"answer: missing" = 1\n' in (toy.folder / "toy.source.toml").read_text()


def test_ctrl_c_ends_with_130_and_keeps_what_was_graded(nasty_toy, sample_rows, write_jsonl):
    import signal
    import time

    data = write_jsonl(nasty_toy.folder / "data.jsonl", sample_rows(5, {3: "sleep 60"}))
    process = nasty_toy.start("evaluate", "--data", str(data), "--run-id", "run")
    results = nasty_toy.folder / "runs" / "run" / "results.jsonl"
    until = time.monotonic() + 30
    while (not results.exists() or results.read_bytes().count(b"\n") < 3) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "interrupted" in err
    assert results.read_bytes().count(b"\n") == 3
