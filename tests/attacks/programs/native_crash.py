# crashes the interpreter: recursion in C, a wild pointer, abort, a stack that is gone
import ctypes, faulthandler, sys
def add(a, b):
    faulthandler.enable()
    sys.setrecursionlimit(1 << 30)
    x = []
    for _ in range(10**6): x = [x]
    try:
        repr(x)
    finally:
        ctypes.string_at(8)
add(0, 0)
