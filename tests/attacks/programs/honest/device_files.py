# ---stdio---
import os
a, b = map(int, open('/dev/stdin').readline().split())
open(os.devnull, 'w').write('x'); print(a + b)
