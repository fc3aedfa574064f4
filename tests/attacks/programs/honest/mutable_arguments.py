# ---fn---
from typing import NamedTuple
from dataclasses import dataclass, field
from enum import IntEnum
class P(NamedTuple):
    a: int
    b: int
@dataclass(slots=True, order=True)
class Q:
    p: P
    more: list = field(default_factory=list)
class E(IntEnum):
    ZERO = 0
def add(a, b):
    q = Q(P(a, b)); q.more.append(E.ZERO); return q.p.a + q.p.b + q.more[0]
