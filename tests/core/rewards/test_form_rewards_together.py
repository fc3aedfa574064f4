"""What all rewards of a reply's form keep: no text stops or hurries them, and a trainer can call them by the batch."""

import pickle
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.rewards.format import format_reward
from reward_kit.rewards.length import cosine_length_reward, length_reward
from reward_kit.rewards.reasoning_steps import reasoning_steps_reward, sequence_reward
from reward_kit.rewards.repetition import diversity_reward, repetition_penalty_reward
from reward_kit.rewards.tag_count import tag_count_reward

REWARDS = [
    (length_reward, {"target_length": 8, "token_method": "words"}),
    (cosine_length_reward, {"is_correct": True}),
    (format_reward, {}),
    (tag_count_reward, {"required_tags": ["think", "answer"]}),
    (repetition_penalty_reward, {}),
    (diversity_reward, {}),
    (reasoning_steps_reward, {}),
    (sequence_reward, {}),
]
IDS = [reward.__name__ for reward, _ in REWARDS]
HOSTILE = [
    "</think>\n<answer>\n",
    "<think>\n",
    "<think <",
    "```\n",
    "~~~\n```\n",
    "`",
    "\n 1. ",
    "   \n",
    "\u91cd",
    "Step 1 ",
    "First",
    "a",
    " ",
]


@pytest.mark.parametrize(("reward", "options"), REWARDS, ids=IDS)
@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_a_hostile_text_takes_time_linear_in_its_length(reward, options, piece):
    message = [{"role": "assistant", "content": piece * (400_000 // len(piece))}]
    began = time.process_time()
    result = reward(message, **options)

    assert result.is_score_valid
    assert time.process_time() - began < 5  # what is quadratic takes minutes


@pytest.mark.parametrize(("reward", "options"), REWARDS, ids=IDS)
@given(text=st.text(st.sampled_from("<>/thinkaswer`~\n 1.-*F,irs\u91cd\ud800"), max_size=60))
@settings(max_examples=50, deadline=None)
def test_any_text_is_graded_the_same_twice(reward, options, text):
    message = [{"role": "assistant", "content": text}]
    result = reward(message, **options)

    assert result.is_score_valid
    assert 0.0 <= result.score <= 1.0
    assert reward(message, **options) == result


@pytest.mark.parametrize(
    ("reward", "options", "scores"),
    [
        (length_reward, {"max_length": 2}, [1.0, 0.0]),
        (cosine_length_reward, {"is_correct": True, "max_length": 2}, [0.75, 0.5]),
        (format_reward, {"format_regex": r"\w+"}, [1.0, 0.0]),
        (tag_count_reward, {"required_tags": ["b"], "score_per_tag": 1.0}, [0.0, 1.0]),
        (repetition_penalty_reward, {"ngram_size": 1}, [1.0, 0.75]),
        (diversity_reward, {"ngram_sizes": [1]}, [1.0, 0.5]),
        (reasoning_steps_reward, {"pattern": r"\b[a-c]\b", "exclusive_patterns": True, "min_steps": 2}, [0.0, 0.5]),
        (sequence_reward, {"sequence_terms": ["c", "d"], "min_matches": 1}, [0.0, 1.0]),
    ],
    ids=IDS,
)
def test_a_trainer_can_call_it_by_the_batch(reward, options, scores):
    adapter = pickle.loads(pickle.dumps(create_trl_adapter(reward, {}, options)))  # noqa: S301 - bytes of our own

    assert adapter(prompts=["?", "?"], completions=["one", "<b>c</b> x x x"]) == scores
