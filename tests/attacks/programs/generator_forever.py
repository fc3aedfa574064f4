# returns a generator that never ends
def add(a, b):
    while True: yield a + b
