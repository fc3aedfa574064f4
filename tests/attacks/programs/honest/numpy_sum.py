# ---stdio---
try:
    import numpy as np
    a = np.array(input().split(), dtype=np.int64); print(a.sum())
except ImportError:
    print(sum(map(int, input().split())))
# ---fn---
try:
    import numpy as np
except ImportError:
    np = None
def add(a, b): return np.int64(a) + np.int64(b) if np else a + b
