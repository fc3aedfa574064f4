# ---stdio---
import time, array
big = bytearray(60 << 20); n = array.array('q', [0]) * 1000000
t = time.perf_counter(); s = sum(range(10**5)); time.sleep(0.05)
print(sum(map(int, input().split())) + len(big) * 0)
