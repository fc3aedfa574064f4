# ---stdio---
import re, sys
print(sum(int(m[1]) for m in re.finditer(r'(?P<n>\d+)\s*', sys.stdin.read())))
