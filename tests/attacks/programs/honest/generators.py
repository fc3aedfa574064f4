# ---stdio---
def numbers():
    for word in open(0).read().split(): yield int(word)
stream = numbers(); print(next(stream) + next(stream), end='')
# ---fn---
def parts(a, b):
    yield a
    got = yield from iter([b])
    return got
def add(a, b): return sum(parts(a, b))
