"""Unicode mathematics and the many names of one LaTeX command."""

# ruff: noqa: RUF001 - look-alike characters are what this module is about

import re

from reward_kit.rewards.math.plain import characters

__all__ = ["RENAMED", "unicode_to_latex"]


def _pairs(table: str) -> dict[str, str]:
    """Read a table of a name and what it is written as, one behind the other."""
    cells = table.split()
    return dict(zip(cells[::2], cells[1::2], strict=True))


_COMMANDS = _pairs(
    r"""
    √ \sqrt   ∛ \sqrt[3]   π \pi   ∞ \infty   ≤ \le   ≥ \ge   ⩽ \le   ⩾ \ge   ≠ \ne   ≈ \approx   ± \pm   ∓ \mp
    ∪ \cup   ∩ \cap   ∈ \in   ∉ \notin   ∅ \emptyset   ∖ \setminus   ⊂ \subset   ⊆ \subseteq   ∼ \sim   ≡ \equiv
    ℝ \mathbb{R}   ℤ \mathbb{Z}   ℕ \mathbb{N}   ℚ \mathbb{Q}   ℂ \mathbb{C}   ÷ \div   × \times   · \cdot   ⋅ \cdot
    ° ^\circ   → \to   ∑ \sum   ∏ \prod   ∫ \int   ⌊ \lfloor   ⌋ \rfloor   ⌈ \lceil   ⌉ \rceil   ⟨ \langle   ⟩ \rangle
    ∧ \land   ∨ \lor   … \ldots   ∠ \angle   △ \triangle   ⇒ \Rightarrow   ⅈ i   ℯ e   ′ '   − -   ∣ |
    α \alpha   β \beta   γ \gamma   δ \delta   ε \epsilon   ζ \zeta   η \eta   θ \theta   ι \iota   κ \kappa
    λ \lambda   μ \mu   ν \nu   ξ \xi   ρ \rho   σ \sigma   τ \tau   υ \upsilon   φ \phi   χ \chi   ψ \psi   ω \omega
    Γ \Gamma   Δ \Delta   Θ \Theta   Λ \Lambda   Ξ \Xi   Π \Pi   Σ \Sigma   Φ \Phi   Ψ \Psi   Ω \Omega
    """
)
_UNICODE = str.maketrans({char: f"{written} " for char, written in _COMMANDS.items()})
_SUBSCRIPT = re.compile("[₀-₉]+")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_ESCAPED_TWICE = re.compile(r"\\\\(?=[A-Za-z]{2})")

RENAMED = _pairs(
    r"""
    dfrac frac   tfrac frac   cfrac frac   leq le   leqslant le   geq ge   geqslant ge   neq ne   lt <   gt >
    lbrace {   rbrace }   lbrack [   rbrack ]   lparen (   rparen )   vert |   lvert |   rvert |   mid |   Vert |   | |
    dbinom binom   tbinom binom   varnothing emptyset   degree circ   textdegree circ   land and   wedge and
    lor or   vee or   simeq approx   cong approx   doteq approx   ast *   backslash setminus   dots ldots   cdots ldots
    dotsc ldots   dotsb ldots   colon :   varphi phi   varepsilon epsilon   vartheta theta   tg tan   ctg cot
    cosec csc   arctg arctan   infin infty   R Reals   reals Reals   bigcup cup   bigcap cap   slash /   prime '
    widehat hat   rightarrow to
    """
)
"""Names of commands, without the backslash, and the one that is known here."""


def unicode_to_latex(text: str) -> str:
    """Write Unicode mathematics as LaTeX, other look-alike characters plainly, and no command with two backslashes."""
    if r"\\" in text and r"\begin" not in text:
        text = _ESCAPED_TWICE.sub(r"\\", text)
    if text.isascii():
        return text
    text = _SUPERSCRIPT.sub(lambda run: "^{" + run[0].translate(_SUPERSCRIPTS) + "}", text)
    text = _SUBSCRIPT.sub(lambda run: "_{" + run[0].translate(_SUBSCRIPTS) + "}", text)
    return characters(text.translate(_UNICODE))
