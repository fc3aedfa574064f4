# recurses without end with the limit lifted, in threads with large stacks
import sys, threading
sys.setrecursionlimit(1 << 30); threading.stack_size(1 << 28)
def add(a, b): return add(b, a) + sum(map(add, [a], [b]))
t = threading.Thread(target=add, args=(1, 2)); t.start(); t.join()
add(1, 2)
