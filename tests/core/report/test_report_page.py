"""The report as a file: its figures, what it says of each row, and that nothing in it can run or be fetched."""

import base64
import hashlib
import html
import json
import re
from pathlib import Path

import pytest

from reward_kit import EvaluateResult, MetricResult
from reward_kit.errors import DataError, UsageError
from reward_kit.evaluation import evaluate

pytest.importorskip("jinja2", reason="the extra 'report' is not installed")

from reward_kit.report import write_report

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u202egnp.exe & '\"`"


def grader(messages, ground_truth=None, **_):
    """Score a reply by its first word: a number, or what happens to the grader."""
    word, _, rest = messages[-1].text.partition(" ")
    if word == "broken":
        raise RuntimeError(rest)
    metrics = {"extracted_answer": MetricResult(score=1.0, reason=rest), "style": MetricResult(score=0.25, reason="")}
    return EvaluateResult(score=float(word), reason=f"{rest!r} != {ground_truth!r}", metrics=metrics)


@pytest.fixture
def run(tmp_path, write_jsonl):
    """Return a function that evaluates replies, each the text of the reference, and returns the run's folder."""

    def run(*texts, name="run", **options):
        rows = [
            {
                "id": f"row-{number}",
                "messages": [{"role": "user", "content": f"question {number}"}],
                "ground_truth": f"gold {number}",
                "reference": text,
            }
            for number, text in enumerate(texts)
        ]
        data = write_jsonl(tmp_path / f"{name}-data.jsonl", rows)
        evaluate(data, grader, run_dir=tmp_path / name, example="toy", **options)
        return tmp_path / name

    return run


def page_of(*folders, **options):
    """Return the text of the report of ``folders``."""
    return write_report(folders, folders[0] / "report.html", **options).read_text(encoding="utf-8")


def rows_in(page):
    """Return the rows that the page carries, run by run."""
    found = re.findall(r'<script type="application/json" class="data">(.*?)</script>', page, re.DOTALL)
    return [json.loads(text) for text in found]


def words(page):
    """Return what a reader reads of the page, without its rows, style and script."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_figures_are_those_of_the_run(run):
    page = words(page_of(run("1 right", "1 right", "0.5 half", "0 wrong", "broken the judge is away")))
    assert "pass rate 50.0 % 15.0 % to 85.0 %" in page
    assert "passed 2 of 4 graded" in page
    assert "failed 2" in page
    assert "not graded 1" in page
    assert "mean score 0.625" in page


def test_the_score_from_which_a_row_passes_is_that_of_the_run(run):
    assert "passed 2 of 3 graded" in words(page_of(run("1 a", "0.5 b", "0 c", pass_score=0.5)))


def test_the_histogram_counts_scores(run):
    page = page_of(run("0 a", "0 b", "0.52 c", "1 d"))
    assert re.findall(r"<title>(.*? from .*?)</title>", page) == [
        "2 from 0 to 0.05",
        "1 from 0.5 to 0.55",
        "1 from 0.95 to 1",
    ]


def test_the_histogram_holds_scores_beyond_0_and_1_however_large(run):
    assert re.findall(r"<title>(.*?) from", page_of(run("-1e308 a", "1e308 b"))) == ["1", "1"]
    page = page_of(run("-1 a", "0 b", "2 c", name="other"))
    assert re.findall(r"<title>(.*?) from (.*?) to", page) == [("1", "-1"), ("1", "-0.1"), ("1", "1.85")]


def test_failures_are_counted_by_kind_without_what_is_quoted_and_numbers(run):
    page = words(page_of(run("0 twelve", "0 thirteen", "broken after 3 tries", "broken after 5 tries", "1 right")))
    assert "2 failed … != …" in page
    assert "2 not graded RuntimeError: after N tries" in page


def test_metrics_have_a_table(run):
    page = words(page_of(run("1 a", "0 b")))
    assert "extracted_answer 2 1 1 1 2 0" in page
    assert "style 2 0.25 0.25 0.25 0 0" in page


def test_the_worst_rows_come_first_and_those_not_graded_before_those_that_passed(run):
    (rows,) = rows_in(page_of(run("1 a", "broken b", "0.5 c", "0 d", "0 e")))
    assert [row["id"] for row in rows] == ["row-3", "row-4", "row-2", "row-1", "row-0"]


def test_a_row_has_its_prompt_reply_answer_gold_and_reason(run):
    (rows,) = rows_in(page_of(run("0 forty")))
    assert rows == [
        {
            "place": 1,
            "id": "row-0",
            "outcome": "failed",
            "score": 0.0,
            "kind": "… != …",
            "reason": "'forty' != 'gold 0'",
            "error": None,
            "cut": False,
            "prompt": [{"role": "user", "text": "question 0"}],
            "reply": {"role": "assistant", "text": "0 forty"},
            "extracted": "forty",
            "gold": "gold 0",
            "metrics": [["extracted_answer", 1.0, "forty", True], ["style", 0.25, "", True]],
        }
    ]


def test_replies_are_shown_where_replies_were_graded(run, tmp_path, write_jsonl):
    replies = [{"id": "row-0", "response": "0.5 model", "finished": False}]
    folder = run("1 reference", replies=write_jsonl(tmp_path / "replies.jsonl", replies))
    ((row,),) = rows_in(page_of(folder))
    assert row["reply"] == {"role": "assistant", "text": "0.5 model"}
    assert row["prompt"] == [{"role": "user", "text": "question 0"}]
    assert row["cut"] is True


def test_tool_calls_and_thinking_of_a_reply_are_shown(tmp_path, run, write_jsonl):
    call = {"id": "c", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Brest"}'}}
    message = {"role": "assistant", "content": "1 call", "reasoning_content": "Brest it is.", "tool_calls": [call]}
    folder = run("1 a", replies=write_jsonl(tmp_path / "replies.jsonl", [{"id": "row-0", "message": message}]))
    ((row,),) = rows_in(page_of(folder))
    assert row["reply"]["thinking"] == "Brest it is."
    assert [json.loads(text) for text in row["reply"]["calls"]] == [{"name": "tide", "arguments": '{"port": "Brest"}'}]


def test_a_ground_truth_of_any_depth_does_not_break_the_page(tmp_path, write_jsonl):
    deep = json.loads("[" * 150 + "]" * 150)
    rows = [{"id": "a", "messages": [{"role": "user", "content": "?"}], "ground_truth": deep, "reference": "1 a"}]
    evaluate(write_jsonl(tmp_path / "data.jsonl", rows), grader, run_dir=tmp_path / "run")
    assert rows_in(page_of(tmp_path / "run"))[0][0]["gold"] == "[" * 150 + "]" * 150


def test_a_data_set_that_changed_is_not_used_and_the_page_says_so(run, tmp_path):
    folder = run("0 a")
    (tmp_path / "run-data.jsonl").write_text('{"id": "row-0", "messages": []}\n')
    page = page_of(folder)
    assert "The data set of the run (sha256 " in words(page)
    ((row,),) = rows_in(page)
    assert (row["prompt"], row["reply"], row["reason"]) == (None, None, "'a' != 'gold 0'")


def test_a_data_set_that_was_moved_is_found_where_the_caller_says(run, tmp_path):
    folder = run("0 a")
    moved = (tmp_path / "run-data.jsonl").rename(tmp_path / "moved.jsonl")
    ((row,),) = rows_in(page_of(folder, candidates=[moved]))
    assert row["prompt"] == [{"role": "user", "text": "question 0"}]


def test_a_page_carries_as_many_rows_as_it_is_told_and_figures_of_all(run):
    page = page_of(run("1 a", "0 b", "0.5 c"), most_rows=1)
    assert [row["id"] for row in rows_in(page)[0]] == ["row-1"]
    assert "1 of 3 rows are in this file" in words(page)
    assert "passed 1 of 3 graded" in words(page)


def test_a_run_in_the_middle_of_a_line_is_shown_as_unfinished(run):
    folder = run("1 a", "0 b")
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "finished": None}))
    with (folder / "results.jsonl").open("a") as file:
        file.write('{"index": 2, "id": "ro')
    page = words(page_of(folder))
    assert "This run is not finished" in page
    assert "passed 1 of 2 graded" in page


def test_a_line_that_is_no_result_is_an_error_with_its_place(run):
    folder = run("1 a")
    (folder / "results.jsonl").write_text('{"id": "a", "score": "1", "is_score_valid": true}\n')
    with pytest.raises(DataError, match=r"results\.jsonl:1: score: found '1', which is not that of a result"):
        page_of(folder)


def test_a_folder_without_a_run_is_an_error(tmp_path):
    with pytest.raises(UsageError, match=r"found neither results\.jsonl nor training\.jsonl"):
        write_report([tmp_path], tmp_path / "report.html")


def test_several_runs_are_sections_of_one_page_with_an_overview(run):
    page = page_of(run("1 a", "0 b", name="first"), run("1 a", name="second"))
    assert "first 1/2 50.0 % 9.5 % to 90.5 % 0 0.5" in words(page)
    assert "second 1/1 100.0 % 20.7 % to 100.0 % 0 1" in words(page)
    assert [len(rows) for rows in rows_in(page)] == [2, 1]


@pytest.mark.parametrize("place", ["reply", "title"])
def test_what_a_row_says_never_becomes_markup(run, place):
    page = page_of(run(f"0 {HOSTILE}" if place == "reply" else "0 a"), title=HOSTILE if place == "title" else "")
    assert "<img" not in page
    assert "alert(1)</script>" not in page
    assert page.count("<script") == 2  # the rows, and the script of the page
    assert "\u202e" not in page
    assert "[U+202E]gnp.exe" in page


def test_a_hostile_reply_is_whole_where_it_is_shown_as_text(run):
    ((row,),) = rows_in(page_of(run(f"0 {HOSTILE}")))
    assert row["reply"]["text"] == "0 " + HOSTILE.replace("\u202e", "[U+202E]")


def test_keys_of_services_are_left_out(run):
    page = page_of(run("0 my key is fw_0123456789abcdefghij"))
    assert "fw_0123456789abcdefghij" not in page
    assert rows_in(page)[0][0]["reply"]["text"] == "0 my key is [redacted]"


def test_a_very_long_reply_loses_its_middle(run):
    ((row,),) = rows_in(page_of(run("0 " + "x" * 30_000 + " end")))
    assert "[… 10006 characters left out …]" in row["reply"]["text"]
    assert row["reply"]["text"].endswith("x end")


def test_the_policy_of_the_page_forbids_everything_but_its_own_style_and_script(run):
    page = page_of(run("0 a"))
    style, script = (re.search(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)[1] for name in ("style", "script"))
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert html.unescape(policy) == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; base-uri 'none'; "
        "form-action 'none'"
    )


def test_the_page_refers_to_nothing_outside_itself(run):
    page = page_of(run("0 a"))
    assert re.findall(r"""https?:|\b(?:src|href|action|url)\s*[=(]|@import|fetch\(|XMLHttpRequest""", page) == []


def test_the_script_makes_no_html_of_text(run):
    page = page_of(run("0 a"))
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", page) == []


def training(folder: Path, *steps):
    folder.mkdir()
    (folder / "training.jsonl").write_text("".join(json.dumps(step) + "\n" for step in steps))
    (folder / "run.json").write_text(json.dumps({"example": "toy", "model": HOSTILE, "rows": 4}))
    return folder


def test_a_training_has_its_curves(tmp_path):
    folder = training(
        tmp_path / "train",
        {"step": 1, "loss": 0.5, "kl": 0.01, "reward": 0.1, "frac_reward_zero_std": 0.5, "rewards/r/parts/form": 0.3},
        {"step": 2, "loss": 0.4, "kl": 0.02, "reward": 0.9, "frac_reward_zero_std": "nan", "rewards/r/parts/form": 1},
        {"step": 2, "train_loss": 0.45, "train_runtime": 3.0},
    )
    page = page_of(folder)
    read = words(page)
    assert "reward: 0.1 at first, 0.9 at last" in read
    assert "rewards/r/parts/form 0.3 → 1" in read
    assert "loss 0.5 → 0.4" in read
    assert "kl 0.01 → 0.02" in read
    assert "frac_reward_zero_std 0.5 → 0.5" in read
    assert "The run kept no completions." in read
    assert "<img" not in page


def test_of_a_step_that_was_logged_twice_the_later_entry_counts(tmp_path):
    page = page_of(training(tmp_path / "train", {"step": 1, "loss": 5}, {"step": 2, "loss": 4}, {"step": 2, "loss": 3}))
    assert "loss 5 → 3" in words(page)


def test_completions_are_rows(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = training(tmp_path / "train", {"step": 1, "reward": 0.5})
    (folder / "completions").mkdir()
    columns = {
        "step": [1, 1, 1],
        "prompt": [[{"role": "user", "content": "2 + 2"}]] * 3,
        "completion": [[{"role": "assistant", "content": text}] for text in ("five", "four", "?")],
        "math": [0.0, 1.0, float("nan")],
        "math/error": [None, None, "the judge is away"],
        "math/extracted": ["5", "4", None],
        "math/gold": ["4", "4", "4"],
        "math/reason": ["5 != 4", "4 = 4", "not graded"],
        "advantage": [-1.0, 1.0, float("nan")],
    }
    parquet.write_table(pyarrow.table(columns), folder / "completions" / "completions_00001.parquet")
    first, second, third = rows_in(page_of(folder))[0]
    assert (first["id"], first["outcome"], first["extracted"], first["gold"]) == (
        *("step 1, completion 1", "failed", "5", "4"),
    )
    assert first["prompt"] == [{"role": "user", "text": "2 + 2"}]
    assert second["reply"] == {"role": "assistant", "text": "four"}
    assert second["outcome"] == "passed"
    assert (third["outcome"], third["score"], third["error"]) == ("not graded", None, "the judge is away")


def test_the_verb_writes_a_page_of_a_run_by_its_name_and_says_where(toy):
    toy.run("evaluate", "--run-id", "first")
    done = toy.run("report", "first")
    assert (done.returncode, done.stdout) == (0, "runs/first/report.html\n")
    page = (toy.folder / "runs" / "first" / "report.html").read_text(encoding="utf-8")
    assert "passed 5 of 5 graded" in words(page)
    assert rows_in(page)[0][0]["prompt"] == [{"role": "user", "text": "0 + 1"}]


def test_the_verb_refuses_what_is_no_run(toy):
    done = toy.run("report", "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: found neither results.jsonl nor training.jsonl in 'runs/none'; expected the folder of a run\n"
    )
