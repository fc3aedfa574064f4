# ---stdio---
from decimal import Decimal, getcontext
from fractions import Fraction
getcontext().prec = 60
a, b = input().split(); print(int(Decimal(a) + Decimal(b)) + int(Fraction(a) - Fraction(a)))
# ---fn---
from fractions import Fraction
def add(a, b): return int(Fraction(a, 3) * 3 + Fraction(b))
