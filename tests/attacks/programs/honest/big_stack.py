# ---stdio---
import sys, threading
sys.setrecursionlimit(1 << 20); threading.stack_size(1 << 26)
def main():
    def down(n): return 0 if n == 0 else down(n - 1)
    down(5000); print(sum(map(int, sys.stdin.read().split())))
t = threading.Thread(target=main); t.start(); t.join()
