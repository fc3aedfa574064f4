"""Build a reward out of rewards: by kind of row, by weight, behind a gate, or all at once.

Every combination is a value: it pickles, nests, and is asynchronous where one of its parts is. Its parts are graded at
the same time. The metrics of the result carry each part's score, reason and validity under the part's name, and the
part's own metrics under ``<part>/<metric>``. A part that is not graded leaves the whole not graded, with its error.
"""

from reward_kit.rewards.composite.combinations import all_of, by_kind, gated, weighted
from reward_kit.rewards.composite.parts import Part, part
from reward_kit.rewards.composite.running import AsyncComposite, Composite

__all__ = ["AsyncComposite", "Composite", "Part", "all_of", "by_kind", "gated", "part", "weighted"]
