# ---fn---
class Solution:
    def __init__(self): self.seen = []
    def add(self, a, b):
        self.seen.append((a, b)); assert len(self.seen) == 1
        return self.helper(a, b)
    def helper(self, a, b): return a + b
