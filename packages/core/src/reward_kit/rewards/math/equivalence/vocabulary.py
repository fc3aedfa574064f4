"""The names that expressions know: functions, Greek letters, marks over a letter."""

__all__ = ["DECORATIONS", "FUNCTIONS", "GREEK", "INVERSES", "OPERANDS", "SPELLINGS", "WORDS"]

_FUNCTIONS = """
    sin cos tan cot sec csc arcsin arccos arctan arccot sinh cosh tanh asin acos atan log ln lg exp max min gcd lcm
    Re Im sgn
"""
_GREEK = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron rho sigma tau upsilon phi chi psi
    omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())
GREEK = frozenset(_GREEK.split())
INVERSES = {"sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot"}
SPELLINGS = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log"}
DECORATIONS = frozenset({"overline", "bar", "vec", "hat", "tilde", "overrightarrow", "angle", "triangle", "dot"})
WORDS = frozenset({*FUNCTIONS, "sqrt", "pi", "abs", "floor", "ceil", "infinity", "binom"})
"""What a run of letters without a backslash may name."""
OPERANDS = FUNCTIONS | GREEK | DECORATIONS | {"frac", "sqrt", "binom", "pi", "infty", "lfloor", "lceil", "sum", "prod"}
"""Commands that a factor begins with."""
