"""Which text of a reply is its answer, whatever kind of answer is asked for."""

import pytest

from reward_kit.rewards.math import Policy, extract_answer, verify

ANSWERS = [
    (r"So $\boxed{x^2+1}$.", "x^2+1"),
    (r"So $\boxed{\frac{1}{1+\frac{1}{x}}}$.", r"\frac{1}{1+\frac{1}{x}}"),
    (r"\[ \boxed{ \{1, 2\} } \]", r"\{1, 2\}"),
    (r"\boxed{\left\{ x \mid x > 2 \right\}}", r"\left\{ x \mid x > 2 \right\}"),
    (r"\fbox{x+1}", "x+1"),
    (r"\boxed{\text{red}}", r"\text{red}"),
    (r"We put the answer in \boxed{}: \boxed{x+1}", "x+1"),
    (r"<think>\boxed{x}</think> \boxed{x+1}", "x+1"),
    (r"\boxed{x+1}. Wait, I made an error. It is \boxed{x-1}.", "x-1"),
    (r"\boxed{x+1}, so $\boxed{x+1}$.", "x+1"),
    (r"$\boxed{1}$ and $\boxed{2}$", "1, 2"),
    (r"$\boxed{1}$, $\boxed{2}$, and $\boxed{3}$", "1, 2, 3"),
    (r"$x = \boxed{1}$ and $y = \boxed{2}$", "x = 1, y = 2"),
    (r"\boxed{a} \text{ or } \boxed{b}", "a, b"),
    ("<answer>x+1</answer>", "x+1"),
    ("<answer>\nThe answer is $x+1$.\n</answer>", "x+1"),
    ("#### x+1", "x+1"),
    (r"#### \frac{\pi}{2}", r"\frac{\pi}{2}"),
    ("### Step 1\nAdd.\n#### Result\nx\n#### $(1, 2)$", "$(1, 2)$"),
    ("#### B", "B"),
    ("The answer is $x+1$.", "x+1"),
    ("The answer is $x+1$, because $x$ grows.", "x+1"),
    ("The answer is $x+1$ and we are done.", "x+1"),
    (r"The answer is \(x+1\).", "x+1"),
    (r"The final answer is \[x+1\]", "x+1"),
    (
        "The final answer is\n$$\n\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}\n$$\nas required.",
        "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}",
    ),
    ("Final Answer: The final answer is $x+1$. I hope it is correct.", "x+1"),
    ("**Final Answer:** $[0, 1)$", "[0, 1)"),
    ("**Answer:** (B)", "(B)"),
    ("The correct answer is B, because A is too large.", "B"),
    ("The answer is option (C).", "(C)"),
    ("Answer: Evelyn", "Evelyn"),
    ("The answer is Evelyn. I am sure.", "Evelyn"),
    ("The answer is x = 1 or x = 2.", "x = 1 or x = 2"),
    ("The answer is $x = 1$ or $x = 2$.", "$x = 1$ or $x = 2$"),
    ("The answer is $5!$.", "5!"),
    ("The answer is not clear yet. Later: the answer is $y$.", "y"),
    (r"The answer is correct. So \boxed{y}", "y"),
    ("The answer is $y$. The answer is correct.", "y"),
    ("The answer is $y$. Wait, that is wrong. The answer is $z$.", "z"),
    ("x+1", "x+1"),
    ("$x+1$", "$x+1$"),
    ("**Evelyn**", "Evelyn"),
    (r"\boxed{y}" + " and so on" * 2000, "y"),
]


@pytest.mark.parametrize(("reply", "text"), ANSWERS)
def test_the_answer_of_a_reply_is_this_text(reply, text):
    answer = extract_answer(reply, numeric=False)

    assert (answer.text, answer.problem, answer.rivals) == (text, "", ())


NO_ANSWERS = [
    ("", "the reply is empty"),
    ("<think>x", "the reply ends inside its thinking"),
    (r"<think>\boxed{x}", "the reply ends inside its thinking"),
    ("<think>x</think>", "nothing follows the thinking or the prompt"),
    (r"\boxed{x", "the reply ends inside the mark of its answer"),
    (r"\boxed{}", "the marked answer is empty"),
    (r"The answer is x. But \boxed{ }", "the marked answer is empty"),
    ("<answer>x", "the reply ends inside the mark of its answer"),
    ("I add one. Then I get $x+1$. That is all.", "the reply marks no answer"),
    ("The answer is not $x$.", "the answer is denied, not stated"),
    (r"It is not $\boxed{x}$.", "the answer is denied, not stated"),
    (r"$\boxed{x}$ is wrong.", "the answer is denied, not stated"),
    ("The answer is possibly $x$.", "a guess where an answer is asked for"),
]


@pytest.mark.parametrize(("reply", "problem"), NO_ANSWERS)
def test_a_reply_without_an_answer_says_why(reply, problem):
    answer = extract_answer(reply, numeric=False)

    assert answer.problem == problem


RIVALS = [
    ("The answer is $x$. The answer is $y$.", ("x",)),
    (r"\boxed{x} is first. Then \boxed{y}.", ("x",)),
    (r"\boxed{x}" + "\nThe answer is $y$.", ("x",)),
    ("<answer>x</answer> <answer>y</answer>", ("x",)),
    (r"$\boxed{B}$ or C", ("C",)),
    ("A or $\\boxed{B}$", ("A",)),
    ("A\nor $\\boxed{B}$", ("A",)),
    (r"\boxed{x} or $x + 0$", ("x + 0",)),
]


@pytest.mark.parametrize(("reply", "rivals"), RIVALS)
def test_what_else_a_reply_offers_is_kept_beside_its_last_answer(reply, rivals):
    assert extract_answer(reply, numeric=False).rivals == rivals


def test_three_corrections_are_guessing():
    reply = "".join(rf"\boxed{{{letter}}} Wait, that is wrong. " for letter in "abcd") + r"\boxed{e}"

    assert extract_answer(reply, numeric=False).problem.startswith("several different answers")


@pytest.mark.parametrize(
    ("reply", "gold", "status"),
    [
        (r"\boxed{B}", "B", "correct"),
        (r"\boxed{C}", "B", "incorrect"),
        ("I do not know.", "B", "no_answer"),
        ("So it must be 5.", "5", "no_answer"),
        ("The answer is 5 or 7.", "5", "ambiguous"),
        ("The answer is A. The answer is B.", "B", "ambiguous"),
        ("The answer is B. The answer is (B).", "B", "correct"),
        (r"\boxed{5}", "", "gold_unparsable"),
        ("5", "5", "correct"),
        (r"\boxed{5}", ["4", "5"], "correct"),
        (r"\boxed{6}", ["4", "5"], "incorrect"),
        (r"\boxed{5}", 5, "correct"),
        (r"\boxed{0.5}", 0.5, "correct"),
        (r"\boxed{5}", r"We add, so \boxed{5}.", "correct"),
        (None, "5", "no_answer"),
    ],
)
def test_a_verdict_has_a_status(reply, gold, status):
    verdict = verify(reply, gold)

    assert verdict.status == status
    assert verdict.score == {"correct": 1.0, "gold_unparsable": None}.get(status, 0.0)


def test_the_last_number_counts_under_the_lenient_policy_only():
    reply = "She has 48 + 24 = 72 clips."

    assert (verify(reply, "72").status, verify(reply, "72", policy=Policy(lenient=True)).status) == (
        "no_answer",
        "correct",
    )


def test_what_precedes_the_last_ten_thousand_characters_contradicts_nothing():
    reply = r"\boxed{5}" + " and so on" * 2000 + r"\boxed{7}"

    assert verify(reply, "7").status == "correct"
