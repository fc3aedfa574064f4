# ---stdio---
import sys, os
a, b = (int(x) for x in input('').split(' '))
sys.stdout.write(''); sys.stdout.flush(); sys.stdout.buffer.write(b''); sys.stdout.buffer.flush()
print(*[a + b], sep=' ', end=' \r\n', file=sys.stdout, flush=True)
