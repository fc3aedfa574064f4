# returns many colliding integers, for a decoder that builds a set
def add(a, b): return [i * (2**61 - 1) for i in range(50000)]
