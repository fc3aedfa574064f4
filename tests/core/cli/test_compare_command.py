"""``compare`` and ``evaluate --attempts`` as a person meets them."""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def replies(toy, sample_rows, write_jsonl):
    """Return a function that grades replies to 20 rows, right but for the ``wrong`` ones, as the run ``name``."""
    data = write_jsonl(toy.folder / "data.jsonl", sample_rows(20))

    def grade(name, wrong=(), rows=20):
        said = [{"id": f"row-{row}", "response": "no idea" if row in wrong else f"= {row + 1}"} for row in range(rows)]
        path = write_jsonl(toy.folder / f"{name}.jsonl", said)
        done = toy.run("evaluate", "--data", str(data), "--replies", str(path), "--run-id", name, "--quiet")
        assert done.returncode == 0
        return f"runs/{name}"

    return grade


def test_a_regression_is_shown_and_ends_with_1(toy, replies):
    before, after = replies("before"), replies("after", range(6), rows=19)
    done = toy.run("compare", before, after, "--show", "2")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "B is worse: pass rate and mean score (19 rows in both)",
        "",
        "                 A       B   change       95 % interval       p",
        "pass rate   1.0000  0.6842  -0.3158  -0.5399 to -0.0822  0.0312",
        "mean score  1.0000  0.6842  -0.3158  -0.5399 to -0.0822  0.0312",
        "by McNemar's exact test, Newcombe's paired interval",
        "",
        "passed in A only, or more often: 6",
        "  row-0  A: '= 1' against '1' | B: 'no idea' against '1'",
        "  row-1  A: '= 2' against '2' | B: 'no idea' against '2'",
        "  and 4 more (--show, --json)",
        "",
        "only in A: 1: row-19",
    ]
    assert toy.run("compare", before, after, "--alpha", "0.03").returncode == 0
    assert toy.run("compare", before, after, "--min-effect", "0.4").returncode == 0
    assert toy.run("compare", after, before).stdout.startswith("B is better: pass rate and mean score")


def test_no_significant_change_ends_with_0(toy, replies):
    replies("before")
    replies("after", range(5))
    done = toy.run("compare", "before", "after")  # by their names under runs/
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "no significant change (20 rows in both)")


def test_json_is_one_object_with_every_flip(toy, replies):
    done = toy.run("compare", replies("before"), replies("after", [3]), "--json")
    value = json.loads(done.stdout)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert value["flips"] == [
        {
            "id": "row-3",
            "before": 1.0,
            "after": 0.0,
            "reason_before": "'= 4' against '4'",
            "reason_after": "'no idea' against '4'",
        }
    ]
    assert value["pass_rate"]["change"] == pytest.approx(-0.05)
    assert (value["rows"], value["regressions"], value["not_graded"]) == (20, [], [])


def test_the_command_is_there_without_an_example(toy, replies):
    arguments = ["compare", replies("before"), replies("after", range(7)), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from reward_kit.cli import main; main()", *arguments],
        cwd=toy.folder,
        env={**os.environ, "PYTHONPATH": str(toy.site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)["pass_rate"]["p_value"]) == (1, 0.015625)


def test_runs_that_cannot_be_compared_end_with_2(toy, replies, sample_rows, write_jsonl):
    before = replies("before")
    done = toy.run("compare", before, "runs/none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("error: found no run.json in 'runs/none', expected the folder of a run of `evaluate`\n")
    write_jsonl(toy.folder / "other.jsonl", sample_rows(3))
    toy.run("evaluate", "--data", "other.jsonl", "--run-id", "other")
    done = toy.run("compare", before, "runs/other")
    assert (done.returncode, "the runs are of different data sets" in done.stderr) == (2, True)
    done = toy.run("compare", before, "runs/other", "--other-data")
    assert (done.returncode, done.stderr.startswith("warning: the runs are of different data sets")) == (0, True)


ATTEMPTS = [("row-0", "= 1"), ("row-1", "= 2"), ("row-0", "no"), ("row-1", "= 2"), ("row-2", "= 3")]


@pytest.fixture
def attempts(toy, write_jsonl):
    return str(write_jsonl(toy.folder / "replies.jsonl", [{"id": row, "response": said} for row, said in ATTEMPTS]))


def test_several_replies_per_row_are_summed_up_by_row(toy, attempts):
    done = toy.run("evaluate", "--replies", attempts, "--attempts", "2")
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0]) == (0, "4/5 passed (80.0 %), 2 rows without a reply")
    assert not any(line.startswith("95 % interval") for line in lines)
    start = lines.index("over 2 prompts with 2 or more graded attempts:")
    assert lines[start + 1 : start + 7] == [
        "               mean      95 % interval",
        "pass@1       75.0 %   0.0 % to 100.0 %",
        "pass@2      100.0 %  34.2 % to 100.0 %",
        "pass^2       50.0 %    9.5 % to 90.5 %",
        "mean score   0.7500  -2.4266 to 3.9266",
        "left out, with fewer: row-2",
    ]


def test_the_object_in_json_has_every_row_with_its_attempts(toy, attempts):
    value = json.loads(toy.run("evaluate", "--replies", attempts, "--attempts", "2", "--json").stdout)
    assert (value["attempts"]["k"], value["attempts"]["too_few"]) == (2, ["row-2"])
    assert value["attempts"]["pass_at_1"]["mean"] == 0.75
    assert [(row["id"], row["graded"], row["passed"], row["pass_at_k"]) for row in value["prompts"]] == [
        ("row-0", 2, 1, 1.0),
        ("row-1", 2, 2, 1.0),
        ("row-2", 1, 1, None),
    ]
    assert len(value["results"]) == 5


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--attempts", "2"], "found --attempts without --replies, expected a file of replies"),
        (["--replies", "replies.jsonl"], "found 'row-0' again, after line 1; several attempts need --attempts"),
        (["--replies", "replies.jsonl", "--attempts", "0"], "0 is not in the range x>=1"),
    ],
)
@pytest.mark.usefixtures("attempts")
def test_attempts_that_do_not_fit_end_with_2(toy, arguments, complaint):
    done = toy.run("evaluate", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_a_run_with_attempts_that_was_killed_goes_on_to_the_same_bytes(toy, attempts):
    arguments = ["evaluate", "--replies", attempts, "--attempts", "2", "--run-id", "mine"]
    first = toy.run(*arguments)
    results = toy.folder / "runs" / "mine" / "results.jsonl"
    whole = results.read_bytes()
    record = json.loads((results.parent / "run.json").read_text())
    results.write_bytes(whole[: len(whole) // 2])
    (results.parent / "run.json").write_text(json.dumps({**record, "finished": None}))
    again = toy.run(*arguments, "--workers", "2")
    assert results.read_bytes() == whole
    assert again.stdout.partition("over 2 prompts")[2] == first.stdout.partition("over 2 prompts")[2]
