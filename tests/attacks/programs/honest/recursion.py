# ---stdio---
import sys
sys.setrecursionlimit(300000)
def down(n): return 0 if n == 0 else 1 + down(n - 1)
a, b = map(int, sys.stdin.readline().split()); print(a + b + down(50000) - 50000)
# ---fn---
import sys
sys.setrecursionlimit(300000)
def down(n): return 0 if n == 0 else 1 + down(n - 1)
def add(a, b): return a + b + down(20000) - 20000
