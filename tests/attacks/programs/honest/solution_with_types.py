# ---fn---
class Solution:
    def add(self, a: int, b: int) -> int:
        memo: Dict[int, List[int]] = defaultdict(list)
        memo[0] += [a, b]
        return reduce(lambda x, y: x + y, memo[0])
