# returns nesting, giant integers, lone surrogates, nan and inf in turn
import itertools
def nested(n):
    x = []
    for _ in range(n): x = [x] if n % 2 else (x, {0: x})
    return x
kinds = itertools.cycle([lambda: nested(99), lambda: nested(24), lambda: -(1 << 79_999), lambda: "\ud800" * 1000, lambda: float("nan"), lambda: float("inf"), lambda: {frozenset({(1, "x")}): b"\0" * 1000}, lambda: 1e308 * 10j, lambda: "\0"])
def add(a, b): return next(kinds)()
print("\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace") * 1000)
