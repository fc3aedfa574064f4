import functools
import json
import os
import threading
from pathlib import Path

import pytest

from reward_kit.errors import DataError, PrerequisiteError, UsageError
from reward_kit.evaluation import evaluate
from reward_kit.models import EvaluateResult, MetricResult, Sample, StepOutput


def samples(count):
    for number in range(count):
        text = {"role": "user", "content": f"{number} + 1"}
        yield Sample(id=f"row-{number}", messages=[text], ground_truth=str(number + 1), reference=f"= {number + 1}")


def read(folder):
    return [json.loads(line) for line in (folder / "results.jsonl").read_bytes().splitlines()]


def scores(*values):
    """Return a reward that gives these scores in turn; an exception is raised."""
    left = iter(values)

    def reward(_messages, **_):
        value = next(left)
        if isinstance(value, Exception):
            raise value
        return {"score": value, "reason": f"gave {value}"}

    return reward


def test_every_row_of_the_data_set_is_graded_and_summed_up(toy_module, tmp_path):
    summary = evaluate(samples(4), toy_module.reward, run_dir=tmp_path / "run")
    assert (summary.rows, summary.passed, summary.failed, summary.not_graded, summary.cut_off) == (4, 4, 0, 0, 0)
    assert (summary.pass_rate, summary.mean_score) == (1.0, 1.0)
    assert round(summary.interval.low, 4) == 0.5101
    assert summary.results == tmp_path / "run" / "results.jsonl"


def test_a_result_has_all_there_is_to_know_and_nothing_about_the_time(tmp_path):
    def reward(_messages, **_):
        return EvaluateResult(
            score=0.5,
            reason="half",
            metrics={"part": MetricResult(score=0.25, reason="a quarter")},
            step_outputs=[StepOutput(step_index=0, base_reward=0.5)],
        )

    evaluate(samples(1), reward, run_dir=tmp_path)
    assert read(tmp_path) == [
        {
            "index": 0,
            "id": "row-0",
            "score": 0.5,
            "is_score_valid": True,
            "reason": "half",
            "error": None,
            "metrics": {"part": {"score": 0.25, "reason": "a quarter", "is_score_valid": True}},
            "step_outputs": [{"step_index": 0, "base_reward": 0.5, "metrics": {}, "reason": None}],
            "cut_off": False,
        }
    ]


def test_the_run_says_what_was_run_and_that_it_is_finished(toy_module, tmp_path, write_jsonl, sample_rows):
    data = write_jsonl(tmp_path / "data.jsonl", sample_rows(3))
    evaluate(data, toy_module.reward, run_dir=tmp_path / "run", example="toy")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["example"] == "toy"
    assert record["settings"]["reward"]["name"] == "toy_example:reward"
    assert record["finished"] >= record["started"]
    assert record["summary"]["passed"] == 3


def test_rows_that_are_not_graded_are_counted_apart(tmp_path):
    summary = evaluate(samples(4), scores(1.0, ValueError("no unit"), 0.0, 0.5), run_dir=tmp_path)
    assert (summary.passed, summary.failed, summary.not_graded, summary.pass_rate) == (1, 2, 1, pytest.approx(1 / 3))
    assert [(row.id, row.error) for row in summary.first_not_graded] == [("row-1", "ValueError: no unit")]
    assert [(row.id, row.score) for row in summary.worst] == [("row-2", 0.0), ("row-3", 0.5)]


def test_the_lowest_scores_are_kept_and_no_more_than_a_few():
    given = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.3, 1.0]
    summary = evaluate(samples(9), scores(*given))
    assert [row.index for row in summary.worst] == [6, 7, 5, 4, 3]


def test_the_pass_score_decides_what_passes():
    assert evaluate(samples(3), scores(0.4, 0.5, 0.6), pass_score=0.5).passed == 2


def test_no_more_rows_than_the_limit_are_graded():
    assert evaluate(samples(100), scores(1.0, 1.0), limit=2).rows == 2


def endless():
    value = {}
    value["again"] = value
    return value


@pytest.mark.parametrize(
    "value", [object(), endless(), {1, 2}, b"bytes", float("nan")], ids=lambda value: type(value).__name__
)
def test_a_result_that_json_cannot_hold_is_not_graded(tmp_path, value):
    def reward(_messages, **_):
        step = StepOutput(step_index=0, base_reward=1.0, metrics={"why": value})
        return EvaluateResult(score=1.0, step_outputs=[step])

    assert evaluate(samples(1), reward, run_dir=tmp_path).not_graded == 1
    assert "its result cannot be written" in read(tmp_path)[0]["error"]


def test_a_data_set_without_rows_or_references_is_refused(toy_module, tmp_path, write_jsonl, sample_rows):
    with pytest.raises(DataError, match=r"empty\.jsonl: found no rows, expected at least one"):
        evaluate(write_jsonl(tmp_path / "empty.jsonl", []), toy_module.reward)
    bare = [{name: value for name, value in row.items() if name != "reference"} for row in sample_rows(1)]
    with pytest.raises(DataError, match="reference: the sample 'row-0' has no reference to grade; pass replies"):
        evaluate(write_jsonl(tmp_path / "bare.jsonl", bare), toy_module.reward)


def test_each_row_is_on_disk_before_it_is_reported(toy_module, tmp_path):
    seen = []
    evaluate(
        samples(3),
        toy_module.reward,
        run_dir=tmp_path,
        on_row=lambda row: seen.append((row.index, len(read(tmp_path)))),
    )
    assert seen == [(0, 1), (1, 2), (2, 3)]


class _StopError(Exception):
    pass


def stopping_at(count):
    def on_row(row):
        if row.index == count - 1:
            raise _StopError

    return on_row


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("stop", [1, 7, 29])
def test_a_run_that_was_broken_off_goes_on_and_equals_one_that_was_not(toy_module, tmp_path, stop, workers):
    evaluate(samples(30), toy_module.reward, run_dir=tmp_path / "whole")
    with pytest.raises(_StopError):
        evaluate(samples(30), toy_module.reward, run_dir=tmp_path / "run", workers=workers, on_row=stopping_at(stop))
    assert len(read(tmp_path / "run")) == stop
    summary = evaluate(samples(30), toy_module.reward, run_dir=tmp_path / "run", resume=True, workers=workers)
    assert (summary.rows, summary.passed) == (30, 30)
    assert (tmp_path / "run" / "results.jsonl").read_bytes() == (tmp_path / "whole" / "results.jsonl").read_bytes()


def test_a_resumed_run_grades_no_row_again(tmp_path):
    with pytest.raises(_StopError):
        evaluate(samples(4), scores(1.0, 0.0), run_dir=tmp_path, on_row=stopping_at(2))
    summary = evaluate(samples(4), scores(1.0, 0.5), run_dir=tmp_path, resume=True)
    assert [row["score"] for row in read(tmp_path)] == [1.0, 0.0, 1.0, 0.5]
    assert (summary.rows, summary.mean_score) == (4, 0.625)


def test_a_row_that_was_torn_is_graded_again(toy_module, tmp_path):
    evaluate(samples(3), toy_module.reward, run_dir=tmp_path)
    whole = (tmp_path / "results.jsonl").read_bytes()
    (tmp_path / "results.jsonl").write_bytes(whole[:-20])
    evaluate(samples(3), toy_module.reward, run_dir=tmp_path, resume=True)
    assert (tmp_path / "results.jsonl").read_bytes() == whole


def test_a_finished_run_that_is_resumed_gives_its_figures_again(tmp_path):
    evaluate(samples(2), scores(1.0, 0.0), run_dir=tmp_path)
    assert evaluate(samples(2), scores(), run_dir=tmp_path, resume=True).passed == 1


def test_a_run_that_is_there_is_not_overwritten(toy_module, tmp_path):
    evaluate(samples(2), toy_module.reward, run_dir=tmp_path)
    with pytest.raises(UsageError, match="exists; resume it, or start one with another id"):
        evaluate(samples(2), toy_module.reward, run_dir=tmp_path)


def test_a_run_cannot_go_on_with_other_data(toy_module, tmp_path, write_jsonl, sample_rows):
    data = write_jsonl(tmp_path / "data.jsonl", sample_rows(3))
    evaluate(data, toy_module.reward, run_dir=tmp_path / "run")
    write_jsonl(data, sample_rows(4))
    with pytest.raises(UsageError, match=r"cannot be resumed: its data was .*; start a new run"):
        evaluate(data, toy_module.reward, run_dir=tmp_path / "run", resume=True)


@pytest.mark.parametrize("change", [{"limit": 1}, {"timeout": 5.0}, {"example": "other"}])
def test_a_run_cannot_go_on_with_other_settings(toy_module, tmp_path, change):
    evaluate(samples(2), toy_module.reward, run_dir=tmp_path, example="toy")
    with pytest.raises(UsageError, match=f"its {next(iter(change))} was"):
        evaluate(samples(2), toy_module.reward, run_dir=tmp_path, resume=True, **{"example": "toy", **change})


def test_a_run_cannot_go_on_with_another_reward(toy_module, tmp_path):
    evaluate(samples(2), toy_module.reward, run_dir=tmp_path)
    with pytest.raises(UsageError, match="its reward was"):
        evaluate(samples(2), toy_module.nasty, run_dir=tmp_path, resume=True)


def test_rows_whose_ids_changed_are_noticed_where_there_is_no_file_to_compare(toy_module, tmp_path):
    evaluate(samples(3), toy_module.reward, run_dir=tmp_path)
    with pytest.raises(UsageError, match=r"its row 1 is 'row-0' .*, and the input has 'row-2' there"):
        evaluate(reversed(list(samples(3))), toy_module.reward, run_dir=tmp_path, resume=True)
    with pytest.raises(UsageError, match=r"its row 3 is 'row-2' .*, and the input has None there"):
        evaluate(samples(2), toy_module.reward, run_dir=tmp_path, resume=True)


def test_results_without_a_run_are_not_touched(toy_module, tmp_path):
    (tmp_path / "results.jsonl").write_text('{"mine": 1}\n')
    with pytest.raises((UsageError, DataError)):
        evaluate(samples(2), toy_module.reward, run_dir=tmp_path, resume=True)
    assert (tmp_path / "results.jsonl").read_text() == '{"mine": 1}\n'


def test_a_reward_with_settings_goes_on_in_another_process_and_not_with_others(toy_module, tmp_path):
    loose = functools.partial(toy_module.reward, compare=lambda: None, tolerance=1)
    evaluate(samples(2), loose, run_dir=tmp_path)
    again = functools.partial(toy_module.reward, compare=lambda: None, tolerance=2)
    with pytest.raises(UsageError, match="its reward was"):
        evaluate(samples(2), again, run_dir=tmp_path, resume=True)
    record = json.loads((tmp_path / "run.json").read_text())
    assert "0x" not in record["settings"]["reward"]["name"]


def test_a_data_set_may_come_through_a_pipe(toy_module, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    rows = "".join(sample.model_dump_json() + "\n" for sample in samples(3))
    writer = threading.Thread(target=pipe.write_text, args=(rows,))
    writer.start()
    assert evaluate(pipe, toy_module.reward, run_dir=tmp_path / "run").passed == 3
    writer.join()


def test_two_cannot_write_the_same_run(toy_module, tmp_path):
    def again(_):
        evaluate(samples(2), toy_module.reward, run_dir=tmp_path, resume=True)

    with pytest.raises(UsageError, match="written by another process"):
        evaluate(samples(2), toy_module.reward, run_dir=tmp_path, on_row=again)


def test_a_folder_that_cannot_be_written_is_a_missing_prerequisite(toy_module, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PrerequisiteError, match="cannot write to"):
        evaluate(samples(1), toy_module.reward, run_dir=tmp_path / "file" / "run")


def test_replies_are_graded_in_place_of_references(toy_module, tmp_path, write_jsonl):
    rows = [
        {"id": "row-1", "response": "= 2", "finished": True},
        {"id": "row-0", "response": "= 7", "finished": True, "correct": True},
        {"id": "other", "prompt": "5 + 5", "answer": "10", "response": "= 10", "finished": False},
    ]
    replies = write_jsonl(tmp_path / "replies.jsonl", rows)
    summary = evaluate(samples(4), toy_module.reward, replies=replies, run_dir=tmp_path / "run")
    assert (summary.rows, summary.passed, summary.failed, summary.cut_off, summary.unanswered) == (3, 2, 1, 1, 2)
    assert [(row["id"], row["score"], row["cut_off"]) for row in read(tmp_path / "run")] == [
        ("row-1", 1.0, False),
        ("row-0", 0.0, False),
        ("other", 1.0, True),
    ]


def test_the_recorded_replies_of_a_real_model_are_judged_as_they_were_checked(tmp_path):
    shared = Path(os.environ.get("REWARD_KIT_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
    path = shared / "recorded" / "gsm8k_qwen3.jsonl"
    if not path.exists():
        pytest.skip("the recorded replies are not on this machine")
    from reward_kit.rewards.math import math_reward

    summary = evaluate([], math_reward, replies=path, run_dir=tmp_path)
    assert (summary.passed, summary.failed, summary.not_graded, summary.cut_off) == (93, 7, 0, 6)
    correct = {row["id"] for row in map(json.loads, path.read_text().splitlines()) if row["correct"]}
    assert {row["id"] for row in read(tmp_path) if row["score"] == 1.0} == correct


def test_memory_does_not_grow_with_the_number_of_rows(toy_module, tmp_path):
    import tracemalloc

    def peak(count):
        tracemalloc.start()
        evaluate(samples(count), toy_module.reward, run_dir=tmp_path / str(count))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(3_000) < peak(300) + 50_000
