# ---stdio---
import sys
out = []
for line in sys.stdin:
    a, b = line.split(); out.append(str(int(a) + int(b)))
sys.stdout.write('\n'.join(out) + '\n\n')
