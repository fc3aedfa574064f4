"""Steps and sequences: what is a step, what is only the mark of one."""

import pytest

from reward_kit.errors import UsageError
from reward_kit.rewards.reasoning_steps import reasoning_steps_reward, sequence_reward


def reply(content):
    return [{"role": "assistant", "content": content}]


def steps(content, **settings):
    return reasoning_steps_reward(reply(content), **settings)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        ("Step 1: add. Step 2: halve. Step 3: compare.", 3),
        ("1. add\n2. halve\n3) compare", 3),
        ("- add\n* halve\n  \u2022 compare", 3),
        ("First, add. Next, halve. Finally, compare.", 3),
        ("First, 2 + 2.\nStep 2: 4 / 2.\n- It is 2.", 3),
        ("Let's: add.", 1),
        # Marks without steps.
        ("", 0),
        ("Step 1: Step 2: Step 3:", 0),
        ("1. \n2. \n3. ", 0),
        ("- \n- \n- ...", 0),
        ("First, Next, Finally,", 0),
        ("1. add\n2. add\n3. ADD", 1),
        ("1. First, add", 1),
        ("```\n1. a\n2. b\n3. c\n```", 0),
        ("It is 3.5 - 1 and 2. So 3. then", 0),
        ("footstep 1: a", 0),
    ],
)
def test_a_step_is_a_mark_with_text_of_its_own(content, count):
    assert steps(content).reason == f"{count} steps, 3 asked for"


@pytest.mark.parametrize(
    ("count", "settings", "score"),
    [
        (0, {}, 0.0),
        (1, {}, 1 / 3),
        (3, {}, 1.0),
        (9, {}, 1.0),
        (2, {"min_steps": 4}, 0.5),
        (2, {"max_steps": 5}, 0.0),
        (3, {"max_steps": 5}, 1 / 3),
        (5, {"max_steps": 5}, 1.0),
        (9, {"max_steps": 5}, 1.0),
        (3, {"max_steps": 3}, 1.0),
    ],
)
def test_the_score_grows_with_the_steps(count, settings, score):
    result = steps("\n".join(f"{number}. part {number}" for number in range(1, count + 1)), **settings)

    assert (result.score, result.is_score_valid) == (pytest.approx(score), True)


def test_a_pattern_is_looked_for_too_or_alone():
    content = "=> add\n=> halve\n1. compare"

    assert steps(content, pattern="^=>").score == 1.0
    assert steps(content, pattern="^=>", exclusive_patterns=True).score == pytest.approx(2 / 3)
    assert steps(content).score == pytest.approx(1 / 3)


def test_the_metrics_say_which_marks_there_are():
    metrics = steps("1. add\n- halve\nThen, compare. Also: done", pattern="Also:").metrics

    assert {name: metric.reason for name, metric in metrics.items()} == {
        "reasoning_steps": "4 steps, 3 asked for",
        "numbered_lists": "1 found",
        "bullet_points": "1 found",
        "transition_phrases": "1 found",
        "own_pattern": "1 found",
    }


@pytest.mark.parametrize("settings", [{"min_steps": 0}, {"max_steps": 2}, {"pattern": "("}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(UsageError):
        steps("1. a", **settings)


# sequence_reward.


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("First add. Second halve. Finally compare.", "First, Second, Finally"),
        ("first add, then halve", "First, Then"),
        ("Finally compare. First add.", "First"),
        ("First Second Third Finally", "none"),
        ("First, second! Third?", "none"),
        ("Strengthen it", "none"),
        ("", "none"),
    ],
)
def test_terms_count_in_their_order_with_words_between_them(content, found):
    assert sequence_reward(reply(content)).metrics["sequential_terms_found"].reason == found


def test_the_score_is_the_share_of_the_terms_that_are_asked_for():
    assert sequence_reward(reply("First add. Then halve.")).score == pytest.approx(2 / 3)
    assert sequence_reward(reply("alpha 1 beta 2"), ["alpha", "beta"], min_matches=2).score == 1.0


def test_case_can_matter():
    assert sequence_reward(reply("first add"), case_sensitive=True).score == 0.0


@pytest.mark.parametrize("terms", [[], "first", [""], [3]])
def test_what_is_no_term_is_refused(terms):
    with pytest.raises(UsageError, match="expected a list of words"):
        sequence_reward(reply("first"), terms)


def test_a_conversation_without_a_reply_is_not_graded():
    assert not reasoning_steps_reward([]).is_score_valid
    assert not sequence_reward([{"role": "user", "content": "First a"}]).is_score_valid
