# ---stdio---
from heapq import *
from bisect import *
from collections import *
q = []
for w in input().split(): heappush(q, int(w))
s = sorted(q); insort(s, 0); print(heappop(q) + heappop(q) + s[0])
# ---fn---
import heapq
def add(a, b): return sum(heapq.nlargest(2, [a, b, -1]))
