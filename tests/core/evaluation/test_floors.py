import pytest

from reward_kit.evaluation.floors import floors
from reward_kit.models import Message, Sample


def of(ground_truth, reference=None, prompt="How many?"):
    sample = Sample(messages=[Message(role="user", content=prompt)], ground_truth=ground_truth, reference=reference)
    return {floor.kind: floor.text for floor in floors(sample)}


def test_replies_that_say_nothing_are_for_every_sample():
    assert of(None) == {
        "empty": "",
        "white space": " \n\t\n ",
        "does not know": "I don't know.",
        "prompt echoed": "How many?",
    }


def test_a_number_is_perturbed_in_the_place_of_the_final_answer():
    found = of("1,240", "It is 31 * 40 = 1240.\nSo 1,240 in all.\n#### 1,240")
    start = "It is 31 * 40 = 1240.\nSo 1,240 in all.\n#### "
    assert found["plus one"] == start + "1,241"
    assert found["times ten"] == start + "12,400"
    assert found["digits swapped"] == start + "1,420"
    assert found["sign flipped"] == start + "-1,240"
    assert found["cut at the comma"] == start + "1"


def test_a_number_hides_among_guesses():
    found = of("12", "#### 12")
    assert found["among guesses"] == "The answer is 11, 13 or 12."
    assert found["several boxed"] == "It is \\boxed{11} or \\boxed{13} or \\boxed{12}."


@pytest.mark.parametrize(
    ("ground_truth", "missing"),
    [
        ("0", {"times ten", "digits swapped", "sign flipped", "cut at the comma"}),
        ("77", {"digits swapped", "cut at the comma"}),
    ],
)
def test_what_would_leave_the_number_as_it_is_is_no_floor(ground_truth, missing):
    found = of(ground_truth, f"#### {ground_truth}")
    perturbed = {"plus one", "times ten", "digits swapped", "sign flipped", "cut at the comma"}
    assert perturbed - set(found) == missing


def test_a_number_that_is_written_otherwise_in_the_reference_is_found_by_its_value():
    assert of("1240", "That is 1,240.00 in all.")["plus one"] == "That is 1241 in all."


def test_a_longer_number_is_not_taken_for_the_answer():
    assert of("12", "12 of 112 and 12.5")["plus one"] == "13 of 112 and 12.5"


def test_where_the_reference_does_not_say_the_number_it_is_stated():
    assert of("12", "a dozen")["plus one"] == "The answer is 13."


def test_decimals_and_negative_numbers_are_perturbed_exactly():
    assert of("-0.5", "#### -0.5")["plus one"] == "#### 0.5"
    assert of("-0.5", "#### -0.5")["sign flipped"] == "#### 0.5"
    assert of("0.1", "#### 0.1")["times ten"] == "#### 1.0"
    assert of(3, "#### 3")["plus one"] == "#### 4"


def test_a_number_with_a_unit_and_a_fraction_have_a_digit_changed():
    found = of("$30", "That makes $30.\n#### $30")
    assert found["among guesses"] == "The answer is $31, $32 or $30."
    assert found["digit changed"] == "That makes $30.\n#### $31"
    assert of("7/9", "seven ninths")["digit changed"] == "The answer is 7/0."
    assert of("7/9", "seven ninths")["several boxed"] == "It is \\boxed{7/0} or \\boxed{7/1} or \\boxed{7/9}."


def test_a_short_text_hides_among_guesses_and_other_things_do_not():
    assert of("Paris")["among guesses"] == "The answer is one of these: none, Paris, something else, or unknown."
    assert "among guesses" not in of({"name": "f"})
    assert "among guesses" not in of(ground_truth=True)
    assert "among guesses" not in of("x" * 100)
