# ---stdio---
import heapq, bisect, decimal, fractions, itertools, functools, collections, re, math, random, string, typing, array, cmath, datetime, statistics, operator, copy, json, hashlib, sqlite3, zlib, struct, queue, enum
a, b = input().split(); print(int(fractions.Fraction(decimal.Decimal(a)) + fractions.Fraction(b)))
