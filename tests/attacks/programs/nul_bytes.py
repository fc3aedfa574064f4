# prints the digits with NUL bytes between
a, b = map(int, input().split())
print("\0".join(str(a + b)))
