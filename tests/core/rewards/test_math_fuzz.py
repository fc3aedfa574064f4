"""Properties of verdicts on made-up mathematics: nothing raises, equal answers are equal both ways, others are not."""

import time
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reward_kit.errors import GradingError
from reward_kit.rewards.math import Policy, compile_gold, verify

PIECES = st.sampled_from(
    [
        *(r"\boxed{", "}", "{", "$", "$$", r"\(", r"\)", "####", "<answer>", "</answer>", "<think>", "</think>"),
        *(
            "The answer is ",
            "Answer: ",
            " or ",
            " and ",
            " not ",
            "wait, ",
            "\n",
            " ",
            ",",
            "=",
            r"\neq",
            r"\approx",
            ":",
        ),
        *(
            "1",
            "2",
            "10",
            "0.5",
            "x",
            "y",
            "A",
            "(",
            ")",
            "[",
            "]",
            r"\{",
            r"\}",
            "|",
            "+",
            "-",
            "^",
            "_",
            "!",
            "/",
            "%",
        ),
        *(
            r"\frac",
            r"\sqrt",
            r"\pm",
            r"\pi",
            r"\infty",
            r"\cup",
            r"\text{cm}",
            r"\begin{pmatrix}",
            r"\end{pmatrix}",
            "&",
        ),
        *(
            r"\\",
            r"\le",
            r"\sin",
            r"\log_",
            r"\binom",
            r"\overline",
            r"\circ",
            "10^",
            "9^9^9",
            "\ud800",
            "\x00",
            "½",
            "²",
            "√",
        ),
    ]
)
SOUP = st.lists(PIECES, max_size=30).map("".join)
QUICK = Policy(seconds=0.2)
LIMIT = 2.0


@settings(max_examples=300, deadline=None)
@given(reply=SOUP | st.text(max_size=200), gold=SOUP | st.text(max_size=40))
@example(reply=r"\boxed{9^9^9}", gold="57")
def test_any_reply_to_any_ground_truth_gets_a_verdict_in_time(reply, gold):
    began = time.process_time()
    verdict = verify(reply, gold, policy=QUICK)

    assert verdict.score in {0.0, 1.0, None}
    assert (verdict.score == 1.0) == (verdict.status == "correct")
    assert (verdict.score is None) == (verdict.status in {"gold_unparsable", "lost"})
    assert time.process_time() - began < LIMIT


@settings(max_examples=200, deadline=None)
@given(gold=SOUP)
def test_what_can_be_graded_by_is_equal_to_itself_and_says_the_same_twice(gold):
    assume("box" not in gold)
    try:
        compiled = compile_gold(gold, policy=QUICK)
    except GradingError:
        compiled = None
    assume(compiled is not None)
    reply = rf"\boxed{{{compiled.text}}}"
    first, second = verify(reply, compiled, policy=QUICK), verify(reply, gold, policy=QUICK)

    assert first == second
    if first.extracted == compiled.text:  # its braces are balanced
        assert first.status == "correct"


NUMBERS = st.integers(-30, 30) | st.fractions(-20, 20, max_denominator=12)


def written(value: Fraction | int) -> str:
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


@st.composite
def polynomials(draw):
    """Draw the coefficients of a polynomial in x, the constant one first."""
    return draw(st.lists(NUMBERS, min_size=1, max_size=4).filter(any))


@st.composite
def renderings(draw, coefficients):
    """Draw a way to write a polynomial."""
    if draw(st.booleans()):  # Horner
        text = f"({written(coefficients[-1])})"
        for coefficient in reversed(coefficients[:-1]):
            times = draw(st.sampled_from(["x", r" \cdot x", r" \times x"]))
            text = rf"\left({text}{times} + ({written(coefficient)})\right)"
        return text
    terms = []
    for power, coefficient in enumerate(coefficients):
        if coefficient:
            variable = {0: "", 1: "x"}.get(power, f"x^{{{power}}}")
            number = written(coefficient)
            joined = draw(
                st.sampled_from([f"({number}){variable}", rf"{variable}\cdot({number})" if variable else number])
            )
            terms.append(joined)
    text = " + ".join(draw(st.permutations(terms)))
    return draw(st.sampled_from([text, rf"\frac{{2({text})}}{{2}}", rf"{text} + x - x", rf"\left( {text} \right)"]))


@settings(max_examples=120, deadline=None)
@given(data=st.data(), coefficients=polynomials())
def test_an_expression_is_equal_to_itself_however_it_is_written(data, coefficients):
    one, other = data.draw(renderings(coefficients)), data.draw(renderings(coefficients))

    assert verify(rf"\boxed{{{one}}}", other).status == "correct", (one, other)
    assert verify(rf"\boxed{{{other}}}", one).status == "correct", (one, other)


@settings(max_examples=120, deadline=None)
@given(data=st.data(), coefficients=polynomials(), change=NUMBERS.filter(bool), place=st.integers(0, 3))
def test_an_expression_is_not_equal_to_another_one_however_both_are_written(data, coefficients, change, place):
    changed = [*coefficients, *[0] * (4 - len(coefficients))]
    changed[place] += change
    assume(any(changed))
    one, other = data.draw(renderings(coefficients)), data.draw(renderings(changed))

    assert verify(rf"\boxed{{{one}}}", other).status == "incorrect", (one, other)
    assert verify(rf"\boxed{{{other}}}", one).status == "incorrect", (one, other)


@settings(max_examples=120, deadline=None)
@given(values=st.lists(NUMBERS, min_size=2, max_size=5, unique=True), data=st.data())
def test_the_order_of_a_set_is_no_matter_and_each_of_its_elements_is(values, data):
    gold = ", ".join(map(written, values))
    shuffled = ", ".join(map(written, data.draw(st.permutations(values))))
    braces = data.draw(st.booleans())
    reply = rf"\boxed{{\{{{shuffled}\}}}}" if braces else rf"\boxed{{{shuffled}}}"

    assert verify(reply, gold).status == "correct"
    assert verify(rf"\boxed{{{', '.join(map(written, values[1:]))}}}", gold).score == 0.0
    assert verify(rf"\boxed{{{shuffled}, 99}}", gold).score == 0.0


@settings(max_examples=120, deadline=None)
@given(values=st.lists(NUMBERS, min_size=2, max_size=4, unique=True))
def test_the_order_of_a_tuple_matters(values):
    gold = f"({', '.join(map(written, values))})"
    turned = f"({', '.join(map(written, reversed(values)))})"

    assert verify(rf"\boxed{{{gold}}}", gold).status == "correct"
    assert verify(rf"\boxed{{{turned}}}", gold).status == "incorrect"


@settings(max_examples=150, deadline=None)
@given(value=NUMBERS, other=NUMBERS, root=st.integers(2, 30))
def test_irrational_numbers_are_equal_only_to_themselves(value, other, root):
    assume(Fraction(root) != (root**0.5 // 1) ** 2)
    gold = rf"{written(value)} + \sqrt{{{root}}}"
    same = rf"\frac{{{root}}}{{\sqrt{{{root}}}}} - ({written(-Fraction(value))})"

    assert verify(rf"\boxed{{{same}}}", gold).status == "correct"
    assert verify(rf"\boxed{{{written(other)} + \sqrt{{{root}}}}}", gold).score == float(value == other)


@pytest.mark.parametrize("guess", ["5", "x", r"\sqrt{2}", "B", r"\text{red}"])
@settings(max_examples=40, deadline=None)
@given(
    others=st.lists(st.sampled_from(["7", "y", r"\sqrt{3}", "C", r"\text{blue}", "11", "z"]), min_size=1, max_size=6),
    joint=st.sampled_from([" or ", ", ", " and ", "\n", ". "]),
    form=st.sampled_from([r"$\boxed{{{}}}$", "#### {}\n", "The answer is ${}$", "<answer>{}</answer>"]),
    place=st.integers(0, 6),
)
def test_the_right_answer_among_guesses_never_pays(guess, others, joint, form, place):
    guesses = [*others[:place], guess, *others[place:]]
    reply = joint.join(form.format(text) for text in guesses)

    assert verify(reply, guess).score == 0.0, reply
