"""Every answer of the bundled problems, found again: by brute force, or numerically in another way."""

import cmath
import json
import random
import re
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, pairwise, permutations, product
from math import (
    atan,
    atan2,
    comb,
    cos,
    cosh,
    dist,
    factorial,
    floor,
    fsum,
    gcd,
    hypot,
    isqrt,
    lcm,
    log,
    log2,
    pi,
    prod,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)  # fmt: skip
from pathlib import Path

import pytest

from reward_kit.rewards.math import verify

DATA = Path(__file__).resolve().parents[3] / "datasets" / "math-openr1" / "dataset.jsonl"
ROWS = {row["id"]: row for row in map(json.loads, DATA.read_text(encoding="utf-8").splitlines())}
GRID = [Fraction(k, 80) for k in range(-3200, 3201) if k % 5 == 0 or k % 8 == 0]


# Numerical methods.


def bisect(f, a, b):
    """Return a zero of ``f`` between two places where its signs differ."""
    at_a = f(a)
    for _ in range(200):
        middle = (a + b) / 2
        a, b = (middle, b) if (f(middle) > 0) == (at_a > 0) else (a, middle)
    return (a + b) / 2


def roots_on(f, a, b, steps=20011):
    """Return the zeros of ``f`` that are places of a fine grid or lie where its sign changes."""
    places = [a + (b - a) * step / steps for step in range(steps + 1)]
    values = [f(place) for place in places]
    zeros = [place for place, value in zip(places, values, strict=True) if value == 0]
    changes = [places[i : i + 2] for i, (one, two) in enumerate(pairwise(values)) if one * two < 0]
    return zeros + [bisect(f, *ends) for ends in changes]


def poly_roots(coefficients):
    """Return the complex roots of a monic polynomial, by the method of Durand and Kerner."""
    roots = [(0.4 + 0.9j) ** k for k in range(len(coefficients) - 1)]
    for _ in range(500):
        for i, root in enumerate(roots):
            value = 0
            for coefficient in coefficients:
                value = value * root + coefficient
            roots[i] = root - value / prod(root - other for j, other in enumerate(roots) if j != i)
    return roots


def least(f, a, b):
    """Return the least value of ``f``, which falls and then rises, by golden sections."""
    ratio = (sqrt(5) - 1) / 2
    for _ in range(120):
        c, d = b - ratio * (b - a), a + ratio * (b - a)
        a, b = (a, d) if f(c) < f(d) else (c, b)
    return f((a + b) / 2)


def gauss(f, a, b, steps=400):
    """Integrate by the tanh-sinh rule, which bears square roots at the ends."""
    total, width = 0.0, 8.0 / steps
    for step in range(-steps // 2, steps // 2 + 1):
        inner = pi / 2 * sinh(step * width)
        weight = pi / 2 * cosh(step * width) / cosh(inner) ** 2
        total += weight * f((a + b) / 2 + (b - a) / 2 * tanh(inner))
    return total * width * (b - a) / 2


def iterate(first, step, n):
    value = first
    for k in range(1, n):
        value = step(value, k)
    return value


def only(found):
    (one,) = found
    return one


def over_n(start, stop):
    return [(n,) for n in range(start, stop)]


# Counting.


@lru_cache(None)
def abracadabra(a=5, others=(2, 2, 1, 1), last=False):  # noqa: FBT002
    """Count the arrangements letter by letter."""
    if not a + sum(others):
        return 1
    count = abracadabra(a - 1, others, last=True) if a and not last else 0
    for place, left in enumerate(others):
        if left:
            count += abracadabra(a, (*others[:place], left - 1, *others[place + 1 :]), last=False)
    return count


@lru_cache(None)
def tilings(cell=0, filled=0):
    """Fill the cells of a 2 x 10 rectangle column by column; the bits say which of the next cells are covered."""
    if cell == 20:
        return int(filled == 0)
    if filled & 1:
        return tilings(cell + 1, filled >> 1)
    count = tilings(cell + 1, (filled | 4) >> 1) if cell < 18 and not filled & 4 else 0
    if cell % 2 == 0 and not filled & 2:
        count += tilings(cell + 1, (filled | 2) >> 1)
        count += tilings(cell + 1, (filled | 14) >> 1) if cell < 17 and not filled & 12 else 0
    return count


def regions(n):
    """Count the regions of a random convex polygon by Euler's formula."""
    dice = random.Random(5)  # noqa: S311 - corners of a polygon
    corners = [cmath.exp(1j * angle) for angle in sorted(dice.uniform(0, 2 * pi) for _ in range(n))]
    diagonals = [(i, j) for i, j in combinations(range(n), 2) if (j - i) % n not in {1, n - 1}]

    def side(p, q, r):
        return ((q - p).conjugate() * (r - p)).imag

    crossings = 0
    for one, two in combinations(diagonals, 2):
        a, b, c, d = (corners[i] for i in (*one, *two))
        crossings += side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
    return (n + len(diagonals) + 2 * crossings) - (n + crossings) + 1


def lost_heaps():
    lost = [True]
    for n in range(1, 101):
        lost.append(not any(n >= k and lost[n - k] for k in (1, 3, 4)))
    return sum(lost[1:])


def rolls_until_two_sixes():
    """Add up how likely it is that a further roll is needed, with the last one no six or one six."""
    other, six, total = 1.0, 0.0, 0.0
    for _ in range(20000):
        total += other + six
        other, six = (other + six) * 5 / 6, other / 6
    return total


def in_base(n, base):
    digits = ""
    while n:
        n, digit = divmod(n, base)
        digits = f"{digit}{digits}"
    return f"{digits}_{base}"


# Algebra.


def ordered_pair():
    def y(x):
        return (-x + sqrt(x * x - 4 * (x * x - 84))) / 2

    return only((x, y(x)) for x in roots_on(lambda x: x + y(x) + sqrt(x * y(x)) - 14, 0.001, 9.1) if x < y(x))


def remainder(n, x):
    a, b = 0, 1
    for _ in range(n):
        a, b = b + 3 * a, -2 * a
    return a * x + b


def recurrence(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, 5 * b - 6 * a
    return a


def functional(x):
    """Solve f(x) + 2 f(1 - x) = x^2 and 2 f(x) + f(1 - x) = (1 - x)^2 by Cramer's rule."""
    return Fraction(x * x - 2 * (1 - x) ** 2, 1 - 4)


def riemann_sum(n):
    """Add up 1/(n + 1) to 1/(3n), which is off its limit by about -1/(3n)."""
    return fsum(1 / (n + k) for k in range(1, 2 * n + 1))


def meets_twice(a):
    crossings = {Fraction(2) / slope for slope in (1 - a, 1 + a) if slope}
    return sum(abs(x - 2) == a * x for x in crossings) == 2


def is_value(y):
    values = [(x * x - x + 1) / (x * x + x + 1) for x in (Fraction(k, 5) for k in range(-50, 51))]
    return min(values) <= y <= max(values)


def matrix_power():
    rows = [[1, 0], [0, 1]]
    for _ in range(50):
        rows = [[a, 2 * a + b] for a, b in rows]
    return rows


# Geometry.


def circumcentre(a, b, c):
    (ax, ay), (bx, by), (cx, cy) = a, b, c
    d = 2 * (ax * (by - cy) + bx * (cy - ay) + cx * (ay - by))
    squares = [x * x + y * y for x, y in (a, b, c)]
    x = (squares[0] * (by - cy) + squares[1] * (cy - ay) + squares[2] * (ay - by)) / d
    y = (squares[0] * (cx - bx) + squares[1] * (ax - cx) + squares[2] * (bx - ax)) / d
    return x, y


def triangle(a, b, c):
    """Return the corners opposite to the sides, the second at the origin and the third on the axis."""
    x = (a * a + c * c - b * b) / (2 * a)
    return (x, sqrt(c * c - x * x)), (0.0, 0.0), (float(a), 0.0)


def distance_of_centres():
    a, b, c = triangle(14, 15, 13)
    inner = tuple((14 * a[i] + 15 * b[i] + 13 * c[i]) / 42 for i in (0, 1))
    return dist(inner, circumcentre(a, b, c))


def bisector(a, b, angle):
    """Return the length of the bisector of the angle between the sides ``a`` and ``b``."""
    end = b * cos(angle), b * sin(angle)
    at = bisect(lambda t: atan2(end[1] * t, a + (end[0] - a) * t) - angle / 2, 0, 1)
    return hypot(a + (end[0] - a) * at, end[1] * at)


def halving_segment(a, b):
    """Return the length at the height that leaves half of the area below."""
    height = bisect(lambda h: (a + a + (b - a) * h) / 2 * h - (a + b) / 4, 0, 1)
    return a + (b - a) * height


def radius_between():
    """Find the circle by its distances from (0, 9) and (12, 4)."""
    return bisect(lambda r: hypot(12 - sqrt((9 + r) ** 2 - (9 - r) ** 2), 4 - r) - (4 + r), 1e-9, 4)


def way_around_the_cone():
    """Solve the equation of the geodesics on the cone, r^2 turn / s = d: the turn is the whole one for the right d."""

    def turn(nearest):
        # Clairaut: l sin(angle) is constant; the angle at the axis changes by 3 times that of the unrolled sector.
        return 2 * 3 * gauss(lambda u: nearest / (nearest * nearest + u * u), 0, sqrt(81 - nearest * nearest))

    return 2 * sqrt(81 - bisect(lambda nearest: turn(nearest) - 2 * pi, 0.1, 8.99) ** 2)


def foot():
    """Walk downhill on the plane."""

    def away(x, y):
        return dist((x, y, (4 - 2 * x + y) / 2), (3, 1, 4))

    place, step = (0.0, 0.0), 1.0
    while step > 1e-12:
        around = [(place[0] + i * step, place[1] + j * step) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        best = min(around, key=lambda at: away(*at))
        place, step = (best, step) if away(*best) < away(*place) - 1e-15 else (place, step / 2)
    x, y = (round(value, 6) for value in place)
    return x, y, (4 - 2 * x + y) / 2


def line():
    """Return the equation with intercepts, for the slope at which the area stops falling."""
    steep = bisect(lambda m: 2 - 1 / (2 * m * m), 0.1, 3)  # the derivative of (2 + 1/m)(1 + 2m)/2
    p, q = 2 + 1 / steep, 1 + 2 * steep
    return rf"\frac{{x}}{{{written(p)}}}+\frac{{y}}{{{written(q)}}}=1"


VALUES = {
    "e18ca152ba10382e": lambda: (7**2026 + 9**2026) % 64,
    "03e3c41cd5d916f6": lambda: sum((n * n + n + 1) % 7 == 0 for n in range(1, 1001)),
    "bf9791d18291f43b": lambda: max(n for n in range(1, 10**5) if (n**3 + n) % (n + 12) == 0),
    "c86938c17d36c6cd": lambda: sum(
        1
        for a in range(16, 2000)
        for b in [Fraction(2) / (Fraction(1, 15) - Fraction(1, a))]
        if b.denominator == 1 and b > 0
    ),
    "2ffae411a1ae6de3": lambda: sum(sum(int(d) % 2 for d in str(n)) == 2 for n in range(1000, 10000)),
    "e24eabd0f21ab69e": lambda: next(n for n in range(9, 10**5, 9) if sum(n % d == 0 for d in range(1, n + 1)) == 20),
    "8bb68569017e49c3": lambda: len({x * x - y * y for x in range(1002) for y in range(x)} & set(range(1, 2001))),
    "0021eafdd6bd4138": lambda: only(
        k for k in range(200) if 5**100 * factorial(100) % 10**k == 0 < 5**100 * factorial(100) % 10 ** (k + 1)
    ),
    "ef708da5f03ecb26": lambda: sum(not m & m >> 2 for m in range(2**12)),
    "559dd302d20cc6ad": lambda: sum(1 for c in combinations(range(12), 6) if sum(i < 6 for i in c) != 3),
    "1d196eb150a48476": abracadabra,
    "a5f8def2bb82cb50": lambda: sum(
        n for n in range(1, 10**5) if isqrt(n * n + 20 * n + 15) ** 2 == n * n + 20 * n + 15
    ),
    "07ab12affdf10141": lambda: pow(3, 3**27, 100),
    "0f95f420fc679959": lambda: sum(1 for z in range(21) for y in range(31) if 60 - 2 * y - 3 * z >= 0),
    "f654e7e89613a157": lambda: sum(n % 5 == 0 and list(str(n)) == sorted(str(n)) for n in range(10000, 100000)),
    "e11a39b133af79e6": lambda: next(n for n in range(1, 2000) if (n % 7, n % 11, n % 13) == (3, 5, 7)),
    "b315e78a8ad855b7": lambda: sum(n.bit_count() ** 2 for n in range(256)),
    "84b74db8a12d37ce": tilings,
    "942b0d8075ea2f9a": lambda: max(
        p for p in range(2, 10**4) if (3**12 - 1) % p == 0 and all(p % q for q in range(2, p))
    ),
    "08f9d18f7ec4587b": lambda: sum(
        lcm(*abc) == 360 for abc in product([d for d in range(1, 361) if 360 % d == 0], repeat=3)
    ),
    "8e3ed8d2eebbbee0": lambda: regions(9),
    "7f12971d796fb79b": lambda: sum(map(factorial, range(1, 101))) % 45,
    "7d0b4c75d94b3552": lambda: Fraction(sum(list(t) == sorted(t) for t in product(range(6), repeat=4)), 6**4),
    "73a7dc1692ff96a0": lambda: Fraction(sum(sum(c) % 3 == 0 for c in combinations(range(1, 21), 3)), comb(20, 3)),
    "9ea1f3fa2b8475d8": lost_heaps,
    "914876bcc8abb803": lambda: sum(sum((i == x for i, x in enumerate(p))) == 2 for p in permutations(range(7))),
    "e387f57a2af9f4b3": lambda: sum(all(f[f[x]] == f[x] for x in range(5)) for f in product(range(5), repeat=5)),
    "781f88cf669dcecb": lambda: sum(all(c[i] != c[i - 1] for i in range(6)) for c in product(range(4), repeat=6)),
    "c89fd42c9abe7298": lambda: floor((2 + sqrt(3)) ** 6),
    "b2456ce5402af65c": lambda: next(Fraction(50, m) for m in range(1, 60) if Fraction(50, m) // 1 == m),
    "09b975c9c4467a8b": lambda: gcd(2**60 - 1, 2**84 - 1),
    "e7312be3a8c5545e": rolls_until_two_sixes,
    "34375cf01338a931": lambda: Fraction(sum(max(a, b) for a in range(1, 7) for b in range(1, 7)), 36),
    "d9177bd35c50c220": lambda: sum(z**3 for z in poly_roots([1, -5, 3, 7])),
    "6aedfa91b6dffd48": lambda: sum(1 / (1 - z) for z in poly_roots([1, 0, -4, -2])),
    "6ce042ffce2af43d": lambda: sum(bisect(lambda x: x * x + 1 / x / x - 14, 1, 10) ** power for power in (3, -3)),
    "8a657675320a9c3e": lambda: max(z.real for z in poly_roots([1, 0, -10, 0, 1])),
    "22254be112d76d03": lambda: {
        u * u + 1 for u in roots_on(lambda u: sqrt(3 * u * u + 4) - u - 2, 0.0, 50.0) if u >= 0
    },
    "d7a149781bd484a9": lambda: set(roots_on(lambda x: abs(x - 2) + abs(2 * x + 1) - 8, -100.003, 99)),
    "31a8107ad7c998be": lambda: set(roots_on(lambda x: log2(x) + 4 / log2(x) - 5, 1.0001, 200.3)),
    "d9b1c894d0d1404c": lambda: sum(roots_on(lambda x: 4**x - 6 * 2**x + 7, -10, 10.07)),
    "f2d422224037f590": ordered_pair,
    "0a081b4c027ed95a": lambda: sum(
        (
            Fraction(y) * prod((Fraction(5 - b, a - b) for b in (1, 2, 3, 4) if b != a))
            for a, y in ((1, 1), (2, 4), (3, 9), (4, 22))
        )
    ),
    "dd4a7335a0efaf84": lambda: -least(lambda z: least(lambda y: -(12 - y - z) * y * y * z**3, 0, 12 - z), 0, 12),
    "ffa3d5d2193b5fb3": lambda: least(lambda x: 2 * x + 3 / x / x, 0.01, 50),
    "7eb6797fe361bdbd": lambda: {n for n in range(-1000, 1000) if n != 2 and (3 * n + 7) % (n - 2) == 0},
    "311c6f917a90e0a6": lambda: {(m, n) for m in range(1, 100) for n in range(1, m) if m * m - n * n == 45},
    "95ea63387a0d93a3": lambda: only((x, isqrt(3**x + 7)) for x in range(1, 400) if isqrt(3**x + 7) ** 2 == 3**x + 7),
    "b014e0e8fa010218": lambda: {cmath.sqrt(5 - 12j), -cmath.sqrt(5 - 12j)},
    "c0bc4927daafb3c7": lambda: sum(k * 1j**k for k in range(1, 101)),
    "9a3e5868eba76d6e": lambda: -least(lambda t: -abs(2 * cmath.exp(1j * t) - 3 - 4j), 2, 6),
    "abe4b3f554e0d937": matrix_power,
    "634f6e12599643ef": lambda: in_base(2026, 7),
    "de9d640e20300f81": lambda: sum(n * n / 3**n for n in range(1, 200)),
    "f9eb52b27636a7c1": lambda: sum(1 / (k * sqrt(k + 1) + (k + 1) * sqrt(k)) for k in range(1, 100)),
    "ef290de8875cad69": distance_of_centres,
    "78408541957e43ee": lambda: dist(triangle(6, 5, 7)[0], (3, 0)),
    "bb9fff921ea60263": lambda: bisector(4, 6, pi / 3),
    "812b456981e28e91": lambda: 8 * (1 / tan(pi / 8)) * 2 / 2,
    "860ecb2ecb81137f": radius_between,
    "e86c6da8adc9a74a": lambda: 2 * gauss(lambda x: 2 * sqrt(4 - (2 - x) ** 2) - 2, 2 - sqrt(3), 1),
    "e13f1f2ad1af2702": lambda: 4 * gauss(lambda x: sqrt(36 - x * x), 3, 6),
    "9985fd575ffddeb9": way_around_the_cone,
    "fd424914c10423c1": lambda: 6 / dist((1, 1, 1), (1, -1, -1)),
    "71abfa10d1c62cb9": lambda: least(lambda s: least(lambda t: dist((s, s, 0), (t, 0, 1 - t)), -5, 5), -5, 5),
    "7585e723fc2cc8b4": lambda: cos(2 * pi / 7) * cos(4 * pi / 7) * cos(6 * pi / 7),
    "af5a8250d6828ef7": lambda: sum(f(bisect(lambda x: sin(x) + cos(x) - 0.5, pi / 4, pi)) ** 3 for f in (sin, cos)),
    "135ec5b81b477e18": lambda: dist((2, 0), (2 * cos(pi / 6), 2 * sin(pi / 6))),
    "47929e71b7e114ba": lambda: bisect(lambda x: atan(x) + atan(2 * x) - pi / 4, 0, 10),
    "1ca1a94a8b475c7e": lambda: 2 * atan2(dist((0, 0, 0), (0, 0, 1)), dist((0, 0, 0), (1, 1, 0))),
    "f86bc8395188e186": lambda: min(roots_on(lambda x: sin(3 * x) - cos(5 * x), 1e-06, 7)),
    "a34a9ce7cc53414e": lambda: 2 * riemann_sum(200_000) - riemann_sum(100_000),
    "29f4f7fc01321bea": lambda: -least(lambda x: -(x ** (1 / x)), 1, 20),
    "01ad2c9c418f68d6": foot,
    "e10ad8d96a0df4e7": lambda: (
        *circumcentre((7, 1), (5, 5), (-1, 5)),
        dist(circumcentre((7, 1), (5, 5), (-1, 5)), (7, 1)),
    ),
    "ec2fd817242ccb2e": line,
    "6c0e38814667a99e": lambda: 0.25 + gauss(lambda x: min(1, 1 / (4 * x)), 0.25, 1),
}
"""By the id of a row: its answer."""

FORMULAS = {
    "a50eb6f532e45c83": (remainder, [(n, x) for n in range(1, 12) for x in (0, 3, -5)]),
    "b6b6ba018f4dcf92": (lambda n: sum(k * 2**k for k in range(1, n + 1)), over_n(1, 15)),
    "ac5bf45c0f694f69": (
        lambda n: sum(Fraction(1, (3 * k - 2) * (3 * k + 1)) for k in range(1, n + 1)),
        over_n(1, 15),
    ),
    "231c9f9af7832b40": (lambda n: sum(k * (k + 1) * (k + 2) for k in range(1, n + 1)), over_n(1, 15)),
    "ae8933fe9457a832": (lambda n: iterate(1, lambda a, _: 3 * a + 2, n), over_n(1, 15)),
    "040bf2db0c7f77bb": (recurrence, over_n(0, 15)),
    "6becb6f18d7541b6": (lambda n: iterate(Fraction(1), lambda a, k: a / (1 + k * a), n), over_n(1, 15)),
    "171b925b1f53e476": (functional, [(x,) for x in range(-7, 8)]),
    "24e8c337a7d87b60": (lambda *_: log(45) / log(12), [(r"\log_2 3", r"\log_2 5")]),
    "cd94b5ea1da513ab": (lambda a, b: bisector(a, b, 2 * pi / 3), [(1, 2), (3, 5), (4, 4), (1, 9)]),
    "88d9e87c392b5de6": (halving_segment, [(2, 1), (5, 3), (7, 1)]),
    "e1717872306006d0": (lambda n: sum(k * k for k in range(1, 2 * n, 2)), over_n(1, 15)),
    "fdbbeecadd8401c2": (lambda n: sum(not a & b for a in range(2**n) for b in range(2**n)), over_n(1, 8)),
    "24b1c0415128d058": (lambda n: sum(m.bit_count() ** 2 for m in range(2**n)), over_n(2, 12)),
}
"""By the id of a row: the value of the expression that it asks for, and where to compare."""

SETS = {
    "07baf3851802f31d": (lambda x: x != -2 and (x - 1) * (x - 3) / (x + 2) >= 0, GRID),
    "1279b55fe62fe849": (is_value, [Fraction(k, 12) for k in range(-30, 60)]),
    "9d4963cd19eefb6e": (lambda k: k + 3 - k * k / 4 > 0, GRID),
    "807eb067defbd874": (lambda a: a * a - a - 6 > 0 and a - sqrt(a * a - a - 6) > 0, GRID),
    "e9f6d8804081a94d": (lambda x: x * x - 3 * x > 0 and round(-log2(x * x - 3 * x), 12) > -2, GRID),
    "71575f977bd16e38": (lambda x: x >= -2 and sqrt(x + 2) > x, GRID),
    "72a0d2fad695f0e3": (lambda x: abs(x * x - 5 * x) < 6, GRID),
    "4f2b6b985058bb2c": (meets_twice, GRID),
    "27d6482c17cf6d31": (lambda x: x > 1 and -log2(x - 1) >= 0, GRID),
}
"""By the id of a row: which real numbers are in the set that it asks for, and which to try."""


def written(value):
    """Write a value as a reply would: exact where it is a simple fraction, else with ten digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, set | tuple):
        brackets = (r"\{", r"\}") if isinstance(value, set) else "()"
        return brackets[0] + ", ".join(map(written, value)) + brackets[1]
    if isinstance(value, list):
        return r"\begin{pmatrix}" + r"\\".join("&".join(map(written, row)) for row in value) + r"\end{pmatrix}"
    if isinstance(value, complex):
        imaginary = round(value.imag, 9)
        return f"{written(value.real)}+({written(imaginary)})i" if imaginary else written(value.real)
    simple = Fraction(value).limit_denominator(1000)
    return str(simple) if abs(simple - value) < 1e-7 else f"{value:.10g}"


def inserted(expression, values):
    """Put numbers in the place of the variables of a LaTeX expression, in alphabetical order."""
    tokens = re.findall(r"\\[A-Za-z]+|[A-Za-z]", expression)
    names = sorted({token for token in tokens if len(token) == 1})
    by_name = dict(zip(names, values, strict=True))
    return re.sub(
        r"\\[A-Za-z]+|[A-Za-z]",
        lambda token: f"{{({by_name[token[0]]})}}" if token[0] in by_name else token[0],
        expression,
    )


def contains(union, x):
    """Say whether ``x`` is in a union of intervals in LaTeX."""
    for left, low, high, right in re.findall(r"([(\[])([^,]+),([^)\]]+)([)\]])", re.sub(r"\\left|\\right", "", union)):
        after = "infty" in low or (bound(low) <= x if left == "[" else bound(low) < x)
        before = "infty" in high or (x <= bound(high) if right == "]" else x < bound(high))
        if after and before:
            return True
    return False


def bound(text):
    return Fraction(re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", text.strip()))


@pytest.mark.parametrize("row", VALUES)
def test_an_answer_is_the_value_that_is_found_another_way(row):
    verdict = verify(rf"\boxed{{{written(VALUES[row]())}}}", ROWS[row]["ground_truth"])

    assert verdict.status == "correct", verdict.reason


@pytest.mark.parametrize("row", FORMULAS)
def test_an_expression_has_the_values_that_are_found_another_way(row):
    value, places = FORMULAS[row]
    for place in places:
        verdict = verify(rf"\boxed{{{written(value(*place))}}}", inserted(ROWS[row]["ground_truth"], place))

        assert verdict.status == "correct", verdict.reason


@pytest.mark.parametrize("row", SETS)
def test_a_set_has_the_members_that_are_found_another_way(row):
    member, places = SETS[row]
    found = [bool(member(place)) for place in places]

    assert [contains(ROWS[row]["ground_truth"], place) for place in places] == found
    assert len(set(found)) == 2


def test_every_problem_is_among_them():
    assert sorted([*VALUES, *FORMULAS, *SETS]) == sorted(ROWS)
