import json

import pytest

from reward_kit.errors import DataError, UsageError
from reward_kit.evaluation import compare, evaluate
from reward_kit.models import EvaluateResult, Message, Reply


def grade(messages, **_):
    """Give the score that the reply says, or none."""
    text = messages[-1].text
    if text == "?":
        return EvaluateResult.not_graded("cannot be read")
    return {"score": float(text), "reason": f"said {text}"}


@pytest.fixture
def run(tmp_path, write_jsonl):
    """Return a function that evaluates replies, ``{id: score}`` or pairs of both, to one data set, and its folder."""
    folder = tmp_path / "data.jsonl"

    def run(name, scores, *, rows=40, reward=grade, **options):
        prompts = [{"id": f"r{row}", "messages": [{"role": "user", "content": str(row)}]} for row in range(rows)]
        data = write_jsonl(folder.with_name(f"data-{rows}.jsonl"), prompts)
        pairs = scores.items() if isinstance(scores, dict) else scores
        replies = [Reply(id=key, message=Message(role="assistant", content=str(said))) for key, said in pairs]
        evaluate(data, reward, replies=replies, run_dir=tmp_path / name, example="toy", **options)
        return tmp_path / name

    return run


def scores(count, **others):
    return {**{f"r{row}": 1 for row in range(count)}, **others}


def test_rows_are_paired_by_id_whatever_their_order(run):
    before = run("a", {"r0": 1, "r1": 0, "r2": 1})
    after = run("b", {"r2": 1, "r1": 1, "r0": 0})
    found = compare(before, after)
    assert found.rows == 3
    assert [(flip.id, flip.before, flip.after, flip.lost) for flip in found.flips] == [
        ("r0", 1.0, 0.0, True),
        ("r1", 0.0, 1.0, False),
    ]
    assert (found.flips[0].reason_before, found.flips[0].reason_after) == ("said 1", "said 0")
    assert (found.pass_rate.change, found.pass_rate.p_value, found.regressions) == (0.0, 1.0, ())


def test_six_rows_lost_and_none_gained_are_a_regression(run):
    before, after = run("a", scores(40)), run("b", scores(40, **{f"r{row}": 0 for row in range(6)}))
    found = compare(before, after)
    assert (found.pass_rate.before, found.pass_rate.after) == (1.0, 0.85)
    assert found.pass_rate.p_value == 0.03125
    # Every score is 0 or 1: the mean score is the pass rate, and is not tested a second time.
    assert found.mean_score == found.pass_rate
    assert found.adjusted == {"pass_rate": 0.03125, "mean_score": 0.03125}
    assert found.regressions == ("pass_rate", "mean_score")
    assert compare(after, before).improvements == ("pass_rate", "mean_score")
    assert compare(after, before).regressions == ()


def test_five_rows_lost_are_not_yet_more_than_chance(run):
    before, after = run("a", scores(40)), run("b", scores(40, **{f"r{row}": 0 for row in range(5)}))
    found = compare(before, after)
    assert (found.pass_rate.p_value, found.regressions) == (0.0625, ())
    assert compare(before, after, alpha=0.1).regressions == ("pass_rate", "mean_score")


def test_a_fall_smaller_than_the_least_effect_is_no_regression(run):
    before, after = run("a", scores(40)), run("b", scores(40, **{f"r{row}": 0 for row in range(6)}))
    assert compare(before, after, min_effect=0.14).regressions == ("pass_rate", "mean_score")
    assert compare(before, after, min_effect=0.16).regressions == ()


def test_a_mean_score_can_fall_where_no_row_flips(run):
    before = run("a", {f"r{row}": 0.9 for row in range(20)})
    after = run("b", {f"r{row}": 0.5 + row / 100 for row in range(20)})
    found = compare(before, after)
    assert (found.pass_rate.change, found.flips) == (0.0, ())
    assert found.mean_score.change == pytest.approx(-0.305)
    assert found.regressions == ("mean_score",)
    # Two measures are tested: the smaller p-value counts twice.
    assert found.adjusted["mean_score"] == pytest.approx(2 * found.mean_score.p_value)


def test_the_pass_score_decides_what_flips(run):
    before, after = run("a", {"r0": 0.6, "r1": 0.9}), run("b", {"r0": 0.4, "r1": 0.8})
    assert [flip.id for flip in compare(before, after, pass_score=0.5).flips] == ["r0"]


def test_rows_that_were_not_graded_are_named_and_count_nowhere(run):
    before = run("a", {"r0": 1, "r1": "?", "r2": 1, "r3": "?"})
    after = run("b", {"r0": 1, "r1": 1, "r2": "?", "r3": "?"})
    found = compare(before, after)
    assert [(row.id, row.error_before, row.error_after) for row in found.ungraded] == [
        ("r1", "cannot be read", None),
        ("r2", None, "cannot be read"),
        ("r3", "cannot be read", "cannot be read"),
    ]
    assert (found.rows, found.pass_rate.after, found.mean_score.after, found.flips) == (1, 1.0, 1.0, ())


def test_ids_that_one_run_alone_has_are_named(run):
    found = compare(run("a", {"r0": 1, "r1": 1}), run("b", {"r1": 1, "r2": 0}))
    assert (found.rows, found.only_before, found.only_after) == (1, ("r0",), ("r2",))


def test_several_attempts_count_as_their_mean_and_a_prompt_counts_once(run):
    before = run("a", [("r0", 1), ("r0", 1), ("r1", 0), ("r1", "?")], attempts=2)
    after = run("b", [("r0", 1), ("r0", 0), ("r0", 0), ("r0", 1), ("r1", 0)], attempts=2)
    found = compare(before, after)
    assert (found.rows, found.pass_rate.before, found.pass_rate.after) == (2, 0.5, 0.25)
    assert found.pass_rate.method == "Student's paired t"
    assert [(flip.id, flip.before, flip.after) for flip in found.flips] == [("r0", 1.0, 0.5)]


def test_the_same_scores_in_another_order_or_number_are_no_change(run):
    attempts = [0.1, 0.2, 0.3]
    before = run("a", [(f"r{row}", score) for row in range(20) for score in attempts], attempts=1)
    after = run("b", [(f"r{row}", score) for row in range(20) for score in attempts[::-1] * 3], attempts=1)
    found = compare(before, after)
    assert (found.mean_score.change, found.mean_score.p_value, found.regressions) == (0.0, 1.0, ())


def test_runs_of_different_data_sets_are_refused_unless_that_is_meant(run):
    before, after = run("a", {"r0": 1}), run("b", {"r0": 1}, rows=41)
    with pytest.raises(UsageError, match=r"the runs are of different data sets .*; pass --other-data to pair"):
        compare(before, after)
    (warning,) = compare(before, after, other_data=True).warnings
    assert "different data sets" in warning


def test_another_reward_and_other_settings_are_told(run):
    def other(messages, **_):
        return grade(messages)

    found = compare(run("a", {"r0": 1}), run("b", {"r0": 1}, reward=other, limit=3))
    assert found.warnings[0].startswith("the rewards differ: ")
    assert found.warnings[1:] == ("limit was None and is 3",)


def test_a_reward_whose_source_changed_is_told(run):
    before, after = run("a", {"r0": 1}), run("b", {"r0": 1})
    record = json.loads((after / "run.json").read_text())
    record["settings"]["reward"]["sha256"] = "0" * 64
    (after / "run.json").write_text(json.dumps(record))
    (warning,) = compare(before, after).warnings
    assert "has another source now: a change may be the grader's, not the model's" in warning


def test_runs_whose_data_was_no_file_are_compared_with_a_warning(run, tmp_path):
    before, after = run("a", {"r0": 1}), tmp_path / "values"
    reply = Reply(
        id="r0", message=Message(role="assistant", content="1"), messages=[{"role": "user", "content": "0"}],
        ground_truth="1",
    )  # fmt: skip
    evaluate([], grade, replies=[reply], run_dir=after, example="toy")
    assert compare(before, after).warnings == (
        "a run does not say which data set it graded; rows are paired by id alone",
    )


def test_runs_of_different_examples_are_refused(run):
    before = run("a", {"r0": 1})
    record = json.loads((before / "run.json").read_text())
    after = run("b", {"r0": 1})
    (after / "run.json").write_text(json.dumps({**record, "example": "other"}))
    with pytest.raises(UsageError, match="found runs of 'toy' and 'other', expected one example"):
        compare(before, after)


def test_a_run_that_is_not_finished_is_refused(run):
    before, after = run("a", {"r0": 1}), run("b", {"r0": 1})
    record = json.loads((after / "run.json").read_text())
    (after / "run.json").write_text(json.dumps({**record, "finished": None}))
    with pytest.raises(UsageError, match="is not finished; go on with `evaluate --resume b` first"):
        compare(before, after)


def test_a_folder_without_a_run_is_refused(run, tmp_path):
    with pytest.raises(UsageError, match=r"found no run.json in .*, expected the folder of a run of `evaluate`"):
        compare(run("a", {"r0": 1}), tmp_path)


def test_runs_without_a_row_in_common_are_refused(run):
    with pytest.raises(DataError, match=r"found no row that .* graded as well, expected at least one"):
        compare(run("a", {"r0": 1, "r1": "?"}), run("b", {"r1": 1, "r2": 1}))


def test_results_that_something_else_wrote_are_refused(run):
    before, after = run("a", {"r0": 1}), run("b", {"r0": 1})
    row = json.loads((after / "results.jsonl").read_text())
    (after / "results.jsonl").write_text(json.dumps({**row, "score": "1"}) + "\n")
    with pytest.raises(DataError, match="found the score '1' of 'r0', expected a finite number"):
        compare(before, after)
    (after / "results.jsonl").write_text('{"mine": 1}\n')
    with pytest.raises(DataError, match=r"results.jsonl:1: not a row of results"):
        compare(before, after)
