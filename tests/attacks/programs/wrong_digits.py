# prints the sum in digits of another script, with underscores, in another base
a, b = map(int, input().split())
s = str(a + b)
print("".join(chr(0x660 + int(d)) for d in s)); print(f"{a + b:_}"); print(hex(a + b)); print(float(a + b))
