# returns a value nested a hundred thousand deep
def add(a, b):
    x = 0
    for _ in range(100000): x = [x]
    return x
