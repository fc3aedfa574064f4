# ---stdio---
import sys, math
sys.set_int_max_str_digits(0)
a, b = map(int, input().split())
big = 10**9000 + a
assert len(str(big)) == 9001 and math.isqrt(big**2) == big
print(big - 10**9000 + b)
# ---fn---
def add(a, b): return (a + b) * 7**5000 // 7**5000
