"""Pay for tags that a reply has to use, one by one: partial credit on the way to a form."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reward_kit.errors import UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.quoted_code import tags_in_code_hidden
from reward_kit.rewards.reply import finite, on_reply

__all__ = ["tag_count_reward"]

_NAME = re.compile(r"[A-Za-z_][\w.:-]*", re.ASCII)
_ANY_TAG = re.compile(r"<(/?)([A-Za-z_][\w.:-]{0,80})(?:\s[^<>]{0,400})?>", re.ASCII)


@reward_function
def tag_count_reward(
    messages: list[Message],
    *,
    required_tags: Iterable[str],
    score_per_tag: float = 0.25,
    require_balanced: bool = True,
    **kwargs: object,
) -> EvaluateResult:
    """Add ``score_per_tag`` for each of ``required_tags`` that the reply uses, up to 1.0.

    Args:
        messages: the conversation; the last message is the reply.
        required_tags: names without brackets, ``["think", "answer"]``; a name given twice counts once.
        score_per_tag: what each tag adds, and what each one that is broken takes away; never below 0.0 in sum.
        require_balanced: whether every opening tag must be closed, in the order of nesting, around some text. Otherwise
            a tag counts where an opening or a closing one occurs.
        **kwargs: ignored.

    Tags in code do not count. What differs from 0.4.1: pairs around nothing and pairs that cross each other earn
    nothing, ``<thinking>`` is not ``<think>``, and a low score is a valid one.

    >>> reply = [{"role": "assistant", "content": "<think>2 + 2</think> It is <answer>4"}]
    >>> tag_count_reward(reply, required_tags=["think", "answer"], score_per_tag=0.5).score
    0.0
    >>> tag_count_reward(reply, required_tags=["think"], score_per_tag=0.5).score
    0.5
    """
    del kwargs
    names = _names(required_tags)
    share = finite("score_per_tag", score_per_tag, least=0)

    def grade(text: str) -> EvaluateResult:
        uses = _uses(tags_in_code_hidden(text), names)
        metrics = {f"tag_{name}": use.metric(balanced=require_balanced) for name, use in uses.items()}
        right = [name for name, use in uses.items() if use.counts(balanced=require_balanced)]
        broken = [name for name, use in uses.items() if require_balanced and use.broken]
        score = max(0.0, min(1.0, len(right) * share) - len(broken) * share)
        reason = f"{len(right)} of {len(names)} tags used rightly"
        reason += f"; broken: {', '.join(broken)}" if broken else ""
        return EvaluateResult(
            score=score, reason=reason, metrics={**metrics, "overall": MetricResult(score=score, reason=reason)}
        )

    return on_reply(messages, grade)


@dataclass(slots=True)
class _Use:
    """How a reply uses a tag."""

    pairs: int = 0
    """Pairs with text between them."""
    empty: int = 0
    """Pairs with none."""
    stray: int = 0
    """Tags without a partner, or whose partner is on the other side of another tag's."""

    @property
    def broken(self) -> bool:
        return self.stray > 0

    def counts(self, *, balanced: bool) -> bool:
        return self.pairs > 0 and not self.broken if balanced else self.pairs + self.empty + self.stray > 0

    def metric(self, *, balanced: bool) -> MetricResult:
        found = [
            f"{count} {kind}"
            for count, kind in ((self.pairs, "pairs"), (self.empty, "empty pairs"), (self.stray, "without a partner"))
            if count
        ]
        return MetricResult(score=float(self.counts(balanced=balanced)), reason=", ".join(found) or "not used")


def _names(given: Iterable[str]) -> list[str]:
    names = [] if isinstance(given, str) else list(dict.fromkeys(given))
    if not names or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        message = f"found required_tags={given!r}, expected names of tags such as ['think', 'answer']"
        raise UsageError(message)
    return names


def _uses(text: str, names: list[str]) -> dict[str, _Use]:
    """Pair the tags from left to right."""
    uses = {name: _Use() for name in names}
    opened: list[tuple[str, int]] = []  # the name, and how much text had been seen before
    texts = end = 0
    for tag in _ANY_TAG.finditer(text):
        texts += not text[end : tag.start()].isspace() and end < tag.start()
        end = tag.end()
        name = tag[2]
        if name not in uses:
            continue
        if not tag[1]:
            opened.append((name, texts))
        elif opened and opened[-1][0] == name:
            _, before = opened.pop()
            uses[name].pairs += texts > before
            uses[name].empty += texts == before
        else:
            uses[name].stray += 1
    for name, _ in opened:
        uses[name].stray += 1
    return uses
