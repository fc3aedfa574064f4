"""No text makes the reward raise, lose its outcome, or run away with time."""

# ruff: noqa: RUF001 - look-alike characters are part of what is tested

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reward_kit.rewards.math import extract_answer, math_reward, parse_number

MEGABYTE = 1_000_000

HOSTILE = [
    r"\boxed{",
    r"\boxed{1}",
    r"\boxed{1} wait, wrong ",
    r"\boxed 1 ",
    r"\boxed",
    r"\boxed{\frac{",
    "<think>",
    "</think>",
    "<think",
    "<answer>",
    "</answer>",
    "<answer>1</answer>",
    "#",
    "#### ",
    "#### 1\n",
    "The answer is ",
    "The answer is 1. ",
    "answer to ",
    "answer: ",
    "nswer",
    "1",
    "1,",
    "1 ",
    "1,111,",
    "1.",
    "1/",
    "1 = ",
    "1:1 ",
    "+1",
    "- ",
    "٣",
    "½",
    "9^",
    "e9",
    "{",
    "}",
    "{}",
    "(",
    "$",
    "*",
    "\\",
    "\\frac",
    "\\text{a}",
    "1 or ",
    "maybe 1 ",
    "not ",
    "it is 1. ",
    "1 and a half ",
    "USD",
    "million ",
    " ",
    "\n",
    "\t",
    "\u200b",
    "\ud800",
    "\x00",
    "a",
    "é",
]


@pytest.mark.parametrize("frame", [("", ""), (r"\boxed{", "}")], ids=["bare", "boxed"])
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_of_anything_is_graded_in_seconds_of_processor_time(piece, frame):
    reply = frame[0] + piece * (MEGABYTE // len(piece)) + frame[1]
    begin = time.process_time()
    result = math_reward([{"role": "assistant", "content": reply}], ground_truth="57")
    seconds = time.process_time() - begin

    assert (result.score, result.is_score_valid) == (0.0, True)
    assert seconds < 6


@pytest.mark.parametrize("piece", ["answer to ", r"\boxed{1}", r"\boxed{", "1,", "1 or ", "The answer is 1. "])
def test_twice_the_text_takes_about_twice_the_time(piece):
    def seconds(length):
        reply = piece * (length // len(piece))
        begin = time.process_time()
        extract_answer(reply)
        return time.process_time() - begin

    short, long = (min(seconds(length) for _ in range(3)) for length in (100_000, 800_000))

    assert long < 0.02 + 8 * 3 * short


FRAGMENTS = st.sampled_from(
    [
        *(r"\boxed{", r"\fbox{", r"\boxed", "}", "{", r"\frac", r"\frac{1}{2}", r"\text{", r"\,", r"\!", r"\$", r"\%"),
        *(r"\times", r"\cdot", r"\overline{3}", r"\left(", r"\right)", r"\(", r"\)", r"\[", r"\]", "\\", "^", "_", "$"),
        *(
            "<think>",
            "</think>",
            "<answer>",
            "</answer>",
            "#### ",
            "The answer is ",
            "Answer: ",
            "not ",
            " or ",
            " and ",
        ),
        *("wait, ", "wrong ", "maybe ", " million", " cm", "%", "e", "x", "=", "≈", "≠", "-", "−", "+", "*", "**", "/"),
        *(
            "0",
            "1",
            "72",
            "448,000",
            "1.5",
            ".5",
            "5.",
            ",",
            ".",
            ":",
            ";",
            "?",
            "!",
            " ",
            "\n",
            "½",
            "²",
            "７",
            "٣",
            "万",
        ),
        *(
            "(",
            ")",
            "[",
            "]",
            "|",
            "&",
            "~",
            "`",
            "'",
            '"',
            "°",
            "€",
            "USD",
            "\u200b",
            "\ud800",
            "\x00",
            "10^",
            "dollars",
        ),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(FRAGMENTS, max_size=40).map("".join))


@settings(max_examples=1000, deadline=None)
@given(TEXTS, TEXTS)
def test_any_reply_gets_a_score_with_a_reason(reply, prompt):
    messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": reply}]
    first = math_reward(messages, ground_truth="72")
    again = math_reward(messages, ground_truth="72")

    assert first.is_score_valid
    assert first.score in (0.0, 1.0)
    assert first.reason
    assert first == again
    first.model_dump_json()


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_any_ground_truth_is_a_number_or_not_graded(ground_truth):
    result = math_reward([{"role": "assistant", "content": r"\boxed{72}"}], ground_truth=ground_truth)

    assert result.is_score_valid or (result.score == 0.0 and result.error)
    result.model_dump_json()


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_a_text_that_is_a_number_is_the_same_number_in_a_box(text):
    number = parse_number(text)
    if number is not None:
        answer = extract_answer(rf"\boxed{{{text}}}")

        assert answer.number is None or answer.number.value == number.value


NUMBERS = st.builds(Fraction, st.integers(-(10**9), 10**9), st.sampled_from([1, 1, 2, 4, 5, 10]))


def spellings(value):
    """Return texts that all mean ``value``."""
    numerator, denominator = value.numerator, value.denominator
    sign, digits = ("-", abs(numerator)) if numerator < 0 else ("", numerator)
    texts = [
        f"{numerator}/{denominator}",
        rf"\frac{{{numerator}}}{{{denominator}}}",
        rf"{sign}\dfrac{{{digits}}}{{{denominator}}}",
    ]
    if denominator == 1:
        texts += [
            str(numerator),
            f"{numerator:,}",
            f"{numerator:,}".replace(",", "{,}"),
            f"{numerator}.0",
            f"−{digits}" if sign else f"+{digits}",
        ]
        texts += [
            rf"{numerator:,}".replace(",", r"\,"),
            f"{sign}${digits:,}",
            rf"{sign}\${digits}",
            f"{numerator} dollars",
        ]
    else:
        whole, part = divmod(digits, denominator)
        texts += [rf"{sign}{whole}\frac{{{part}}}{{{denominator}}}"] if whole and part else []
        texts += [str(numerator / denominator)] if digits < 10**6 else []
    return texts


PLACES = [
    r"So \boxed{%s}.",
    r"$$\boxed{%s \text{ units}}$$",
    "<answer>%s</answer>",
    "#### %s",
    "The answer is %s.",
    "**Answer:** %s",
    "So the total is %s",
    "x = %s",
]


@settings(max_examples=500, deadline=None)
@given(value=NUMBERS, data=st.data())
def test_a_number_is_accepted_in_every_spelling_and_place(value, data):
    spelling = data.draw(st.sampled_from(spellings(value)))
    gold = data.draw(st.sampled_from(spellings(value)))
    place = data.draw(st.sampled_from(PLACES))
    result = math_reward([{"role": "assistant", "content": place % spelling}], ground_truth=gold)

    assert result.score == 1.0, result.reason or result.error


@settings(max_examples=500, deadline=None)
@given(value=NUMBERS, other=NUMBERS, data=st.data())
def test_another_number_is_refused_in_every_spelling_and_place(value, other, data):
    spelling = data.draw(st.sampled_from(spellings(other)))
    gold = data.draw(st.sampled_from(spellings(value)))
    place = data.draw(st.sampled_from(PLACES))
    result = math_reward([{"role": "assistant", "content": place % spelling}], ground_truth=gold)

    assert result.is_score_valid
    assert result.score == (1.0 if Fraction(value) == Fraction(other) else 0.0)


@settings(max_examples=300, deadline=None)
@given(
    guesses=st.lists(st.integers(0, 999), min_size=2, max_size=12, unique=True),
    place=st.sampled_from(PLACES),
    joint=st.sampled_from([" ", ", ", "\n", " or ", "; ", " / ", " and "]),
)
def test_a_list_of_guesses_never_pays(guesses, place, joint):
    reply = joint.join(place % guess for guess in guesses)
    scores = {math_reward([{"role": "assistant", "content": reply}], ground_truth=guess).score for guess in guesses}

    assert scores == {0.0}
