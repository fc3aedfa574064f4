# returns a set of colliding integers
def add(a, b): return {i * (2**61 - 1) for i in range(2000)}
