"""The worker processes of a server: what is given up, and what is asked of those that end."""

import pytest

from reward_kit.evaluation.conversations import Conversation
from reward_kit.models import Message
from reward_kit.rewards.math import math_reward
from reward_kit.serving import Graders, ServeSettings

ASKED = Conversation(id="", messages=(Message(role="assistant", content="#### 3"),), ground_truth="3")


@pytest.fixture
def graders():
    graders = Graders(math_reward, ServeSettings(workers=1, timeout=20))
    graders.start()
    yield graders
    graders.close()


def test_gradings_that_are_given_up_leave_the_others_answered(graders):
    futures = graders.submit([ASKED] * 50)
    for future in futures[:-1]:
        future.cancel()
    assert futures[-1].result(20).score == 1.0
    assert graders.submit([ASKED])[0].result(20).score == 1.0
    assert graders.open == 0


def test_killing_answers_what_was_taken_and_leaves_no_process(graders):
    futures = graders.submit([ASKED] * 200)
    graders.kill()
    results = [future.result(20) for future in futures]
    assert results[-1].error == "the server was stopped"
    assert {result.score for result in results if result.is_score_valid} <= {1.0}
