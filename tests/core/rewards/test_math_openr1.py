"""Rows of OpenR1-Math-220k: which become samples, and for which reason the others are left out."""

import contextlib
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from reward_kit.data.sources import SourceRow, local_rows
from reward_kit.data.splits import Split
from reward_kit.errors import DataError, UnsuitableRowError
from reward_kit.evaluation import check, evaluate, prepare
from reward_kit.example import Example, HubSource
from reward_kit.models import Message
from reward_kit.rewards.math import math_reward, verify
from reward_kit.rewards.math.rows import openr1_row

SHARED = Path(os.environ.get("REWARD_KIT_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))

EXAMPLE = Example(
    name="openr1",
    package="none",
    summary="OpenR1.",
    source=HubSource(repo="open-r1/OpenR1-Math-220k", config="default", split="train", revision="0" * 40, licence=""),
    row=openr1_row,
    system_prompt="",
    reward=math_reward,
)


def raw(problem="Compute $1+1$.", solution=None, answer="2", **columns):
    given = f"We get $\\boxed{{{answer}}}$." if solution is None else solution
    return {"problem": problem, "solution": given, "answer": answer, **columns}


def reason(row):
    with pytest.raises(UnsuitableRowError) as raised:
        openr1_row(row)
    return raised.value.kind


# What is kept.


@pytest.mark.parametrize(
    "answer",
    [
        "72", "-3.5", "1,234", r"\frac{3}{4}", r"2\sqrt{3}", r"\{1, 2\}", "(2, 8)", r"[0, 1) \cup (2, \infty)",
        "x+2y=4", r"\pi", r"\frac{n(n+1)}{2}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"5\text{ cm}", "50\\%", "3-2i",
        "10\\,000", "10{,}000", r"\text{Monday}",
    ],
)  # fmt: skip
def test_a_row_is_kept_as_it_is(answer):
    row = raw(answer=f" {answer} ", solution=f"We get\n$\\boxed{{{answer}}}$.")
    sample = openr1_row(row)

    assert sample.messages == [Message(role="user", content="Compute $1+1$.")]
    assert (sample.ground_truth, sample.reference) == (answer, row["solution"])


@pytest.mark.parametrize(
    "problem",
    [
        "How many integers lie between (1) and (9)?",
        "A function satisfies: (1) f is even; (2) $f(0)=1$. Find $f(1)$.",
        "The polynomial satisfies $P(1)=1$, $P(2)=4$ and $P(3)=9$. Compute $P(4)$.",
        "In the triangle $ABC$ we have $P(A)+P(B)+P(C)=1$. Find it.",
        "Prove that it is a sum of such numbers. Which is the least possible number?",
        "A. B. and their friends play. Find the number of games.",
        "Show that there is such a number and find it.",
    ],
)
def test_a_problem_with_one_question_is_kept(problem):
    assert openr1_row(raw(problem)).ground_truth == "2"


def test_the_type_of_the_question_is_believed():
    assert openr1_row(raw(question_type="math-word-problem")).ground_truth == "2"
    assert reason(raw(question_type="MCQ")) == "multiple choice"
    assert reason(raw(question_type="proof")) == "proof"


# What is left out.


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        ("What is $1+1$? (A) 1 (B) 2 (C) 3", "multiple choice"),
        (r"What is $1+1$? $\textbf{(A)}\ 1\qquad\textbf{(B)}\ 2\qquad\textbf{(C)}\ 3$", "multiple choice"),
        (r"What is $1+1$? $(\mathrm {A}) \ 1 \qquad (\mathrm {B}) \ 2 \qquad (\mathrm {C})\ 3$", "multiple choice"),
        ("Then $1+1$ equals ( ).\nA. 1\nB. 2\nC. 3", "multiple choice"),
        ("Then $1+1$ equals\nA $1$\nB $2$\nC $3$", "multiple choice"),
        ("Then $1+1$ equals: A) 1; B) 2; C) 3", "multiple choice"),
        ("Prove that $1+1=2$.", "proof"),
        ("Show that for all $n$ the number is even.", "proof"),
        ("a) $1+1$\nb) $2+2$", "several questions"),
        ("Two circles meet. (a) Find a radius. (b) Find the other one.", "several questions"),
        ("(1) Find $a$;\n(2) Find $b$.", "several questions"),
        ("(i) Find $a$. (ii) Prove that $b=2$.", "several questions"),
        ("What is $a$? What is $b$?", "several questions"),
        ("How many are red, and how many are blue?", "several questions"),
        ("Find the area.\n![](https://example.com/a.jpg?height=1)", "figure"),
        (" ", "no problem"),
    ],
)
def test_a_problem_without_one_question_is_left_out(problem, kind):
    assert reason(raw(problem)) == kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("", "no answer"),
        ("not found", "no answer"),
        (None, "no answer"),
        ("proof", "proof"),
        ("B", "single letter"),
        ("(B)", "single letter"),
        (r"\text{B}", "single letter"),
        (r"\textbf{(B)}", "single letter"),
        ("$n$", "single letter"),
        ("1, 2", "several answers"),
        ("x=1, y=2", "several answers"),
        ("1; 2", "several answers"),
        ("1 or 2", "several answers"),
        (r"1 \text{ and } 2", "several answers"),
        ("(1,2),(3,4)", "several answers"),
    ],
)
def test_an_answer_that_is_not_one_is_left_out(answer, kind):
    assert reason(raw(answer=answer, solution=r"\boxed{2}")) == kind


@pytest.mark.parametrize(
    ("solution", "kind"),
    [
        ("", "no worked solution"),
        (None, "no worked solution"),
        (" $2$. ", "no worked solution"),
        (r"It is $\boxed{3}$.", "solution without the answer"),
        ("It is clear.", "solution without the answer"),
        (r"It is \boxed{2} or \boxed{3}.", "solution without the answer"),
        ("Answer: $\\sqrt{3}$.\n\nThe final answer is \\boxed{2}.", "solution with two answers"),
    ],
)
def test_a_solution_that_does_not_give_the_one_answer_is_left_out(solution, kind):
    assert reason({"problem": "Compute $1+1$.", "solution": solution, "answer": "2"}) == kind


def test_an_answer_said_twice_is_one():
    assert openr1_row(raw(solution="Answer: 2.\n\nThe final answer is \\boxed{2}.")).ground_truth == "2"


def test_a_row_that_is_wrong_is_told_apart_from_one_that_does_not_suit():
    with pytest.raises(KeyError, match="solution"):
        openr1_row({"problem": "?", "answer": "2"})
    with pytest.raises(ValueError, match="found int in the column 'answer', expected text"):
        openr1_row({"problem": "?", "solution": "2", "answer": 2})


@pytest.mark.parametrize(
    "piece", ["(", " (", "{", "\n", "a) ", "(1) ", "? ", "and ", "$", ",", "\\text{", "![", "A. ", " ", ". ", "(\\a "]
)
@pytest.mark.timeout(20)
def test_a_hostile_row_takes_no_time(piece):
    for name in ("problem", "solution", "answer"):
        row = raw(**{name: f"x{piece * (200_000 // len(piece))}x"})
        with contextlib.suppress(UnsuitableRowError):
            openr1_row(row)


# Guesses that are sets.


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (r"(3, \infty)", "correct"),
        (r"(4, \infty), (5, \infty), (3, \infty)", "incorrect"),
        (r"x > 4 \text{ or } x > 3", "incorrect"),
    ],
)
def test_a_list_of_overlapping_sets_is_a_list_of_guesses(answer, status):
    verdict = verify(f"\\boxed{{{answer}}}", r"(3, \infty)")

    assert verdict.score == float(status == "correct"), verdict


def test_a_list_of_sets_apart_is_their_union():
    assert verify(r"\boxed{x < 1 \text{ or } x > 3}", r"(-\infty, 1) \cup (3, \infty)").status == "correct"
    assert verify(r"\boxed{(-\infty, 1), (3, \infty)}", r"(-\infty, 1) \cup (3, \infty)").status == "correct"


# The whole way.


def test_rows_left_out_are_counted_by_kind_and_kept_with_the_reason(tmp_path):
    values = [raw(), raw("Prove it."), raw(answer="B"), raw("Prove them."), raw("Compute $2$.")]
    rows = [SourceRow(path="rows", line=number, raw=value) for number, value in enumerate(values, start=1)]
    prepared = prepare(rows, EXAMPLE, tmp_path / "data.jsonl")

    assert (prepared.rows, prepared.rejected) == (2, 3)
    assert prepared.reasons == {"proof": 2, "single letter": 1}
    kept = [json.loads(line) for line in prepared.rejects.read_text().splitlines()]
    assert [(row["line"], row["reason"]) for row in kept] == [(2, "proof"), (3, "single letter"), (4, "proof")]


def test_a_wrong_row_ends_the_work_unless_it_is_let_pass(tmp_path):
    rows = [SourceRow(path="rows", line=number, raw=value) for number, value in enumerate([raw(), {"problem": "?"}], 1)]
    with pytest.raises(DataError, match="rows:2: solution: missing"):
        prepare(rows, EXAMPLE, tmp_path / "data.jsonl")
    assert prepare(rows, EXAMPLE, tmp_path / "data.jsonl", skip_invalid=True).reasons == {"solution: missing": 1}


@pytest.mark.skipif(not SHARED.exists(), reason=f"no shared data in {SHARED}")
def test_the_real_rows_that_are_kept_are_proven(tmp_path):
    data = tmp_path / "data.jsonl"
    prepared = prepare(local_rows(SHARED / "openr1" / "samples.jsonl", Split.parse("train")), EXAMPLE, data)
    offences = []

    assert prepared.rows == 35
    assert prepared.reasons == {
        "multiple choice": 9,
        "several questions": 5,
        "solution with two answers": 2,
        "figure": 2,
        "solution without the answer": 1,
    }
    assert check(data, math_reward, on_offence=offences.append).passed, offences


@pytest.mark.skipif(not SHARED.exists(), reason=f"no shared data in {SHARED}")
def test_the_recorded_replies_get_what_they_deserve(tmp_path):
    recorded = SHARED / "recorded" / "openr1_qwen3.jsonl"
    rows = [json.loads(line) for line in recorded.read_text().splitlines()]
    data = tmp_path / "data.jsonl"
    data.write_text(
        "".join(
            json.dumps(
                {
                    "id": row["id"],
                    "messages": [{"role": "user", "content": row["prompt"]}],
                    "ground_truth": row["answer"],
                }
            )
            + "\n"
            for row in rows
        )
    )
    summary = evaluate(data, math_reward, replies=recorded, run_dir=tmp_path / "run")
    results = [json.loads(line) for line in (tmp_path / "run" / "results.jsonl").read_text().splitlines()]
    right = {row["id"] for row in results if row["score"] == 1.0}

    assert (summary.rows, summary.passed, summary.not_graded) == (59, 7, 0)
    assert Counter(row["finished"] for row in rows) == {False: 47, True: 12}
    assert right == {f"openr1-a-{number}" for number in (22, 27, 31, 38, 41, 49, 50)}
