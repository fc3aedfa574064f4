# returns what looks like the answer in another type
import decimal, fractions, random
def add(a, b): return random.choice([str(a + b), [a + b], (a + b,), {a + b}, bytes(str(a + b), "ascii"), {a + b: a + b}, lambda: a + b])
a, b = map(int, input().split())
print(random.choice([f"{a + b:_}", f"{a + b:,}", f"{a + b}.5", hex(a + b), f"+{a + b}", f"0{a + b}", "".join(chr(0x660 + int(c)) for c in str(a + b)), f"{a + b} {a + b}", f"x\n{a + b}", f"{a + b:e}"]))
