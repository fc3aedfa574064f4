# ---stdio---
import sys, atexit, io
out = io.StringIO(); atexit.register(lambda: sys.stdout.write(out.getvalue()))
read = sys.stdin.buffer.readline
a, b = map(int, read().split()); out.write(str(a + b))
