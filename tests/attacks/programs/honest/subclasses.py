# ---fn---
from collections import namedtuple
class I(int): pass
def add(a, b): return I(a + b)
