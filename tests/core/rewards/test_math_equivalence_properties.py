"""Properties of the comparison: equal values in other forms are equal, other values are not, and no text breaks it."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from reward_kit.rewards.math.equivalence import compare, compile_expected

OUTCOMES = {"equal", "different", "unparsable", "exhausted", "lost"}


def equal(answer, gold):
    return compare(answer, compile_expected(gold)).outcome == "equal"


def terminating(value):
    """Write a fraction as a decimal; None where that does not end."""
    for digits in range(8):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            sign, whole = "-" if scaled < 0 else "", str(abs(scaled.numerator)).rjust(digits + 1, "0")
            return sign + (f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole)
    return None


def repeating(value):
    """Write a fraction as a decimal with its repeating digits marked."""
    whole, rest = divmod(abs(value.numerator), value.denominator)
    digits, seen = "", {}
    while rest and rest not in seen:
        seen[rest] = len(digits)
        digit, rest = divmod(rest * 10, value.denominator)
        digits += str(digit)
    written = f"{digits[: seen[rest]]}\\overline{{{digits[seen[rest] :]}}}" if rest else digits
    return f"{'-' if value < 0 else ''}{whole}.{written}" if written else str(value)


@st.composite
def written(draw, value):
    """Write a number in one of the forms that it has."""
    sign = "-" if value < 0 else ""
    above, below = abs(value.numerator), value.denominator
    factor = draw(st.integers(1, 9))
    forms = [
        f"{sign}\\frac{{{above * factor}}}{{{below * factor}}}",
        f"\\dfrac{{{sign}{above}}}{{{below}}}",
        f"{sign}{above}/{below}",
        f"{sign}{above * factor} / {below * factor}",
        f"\\frac{{{value.numerator}}}{{{below}}}\\cdot 1",
        f"\\sqrt{{{above**2}}}\\cdot\\frac{{{sign}1}}{{{below}}}",
        f"{value.numerator} \\times {below}^{{-1}}",
        f"\\frac{{{value.numerator - 3 * below}}}{{{below}}}+3",
    ]
    if below == 1:
        grouped = f"{sign}{above:,}"
        forms += [
            f"{value}",
            f"{value}.0",
            grouped,
            grouped.replace(",", "{,}"),
            grouped.replace(",", "\\,"),
            f"+{above}",
        ][: 6 if value >= 0 else 5]
    if above > below > 1:
        forms.append(f"{sign}{above // below}\\frac{{{above % below}}}{{{below}}}")
    if terminating(value) is not None:
        forms += [terminating(value), f"{terminating(value * 100)}\\%" if terminating(value * 100) else str(value)]
        forms.append(f"{terminating(value)} \\times 10^{{0}}")
    if below < 60:
        forms.append(repeating(value))
    text = draw(st.sampled_from(forms))
    around = draw(st.sampled_from(["{}", "${}$", " {} ", "\\({}\\)", "x = {}", "{{{}}}", "\\left({}\\right)", "{}."]))
    return around.format(text)


rationals = st.builds(Fraction, st.integers(-9999, 99999), st.integers(1, 400))


@settings(max_examples=300, deadline=None)
@given(st.data(), rationals)
def test_a_number_equals_itself_in_every_form(data, value):
    answer, gold = data.draw(written(value)), data.draw(written(value))
    assert equal(answer, gold)
    assert equal(gold, answer)


@settings(max_examples=300, deadline=None)
@given(st.data(), rationals, rationals)
def test_a_number_differs_from_another_in_every_form(data, value, other):
    answer, gold = data.draw(written(value)), data.draw(written(other))
    percent = "%" in answer or "%" in gold  # 50% may be 50 or a half
    if value != other and not (percent and value in {other * 100, other / 100}):
        assert not equal(answer, gold)
        assert not equal(gold, answer)


VARIABLES = st.sampled_from(["x", "y", "n", "a"])


@st.composite
def expressions(draw, depth=3):
    """Write an expression, and the same in another way."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        leaf = draw(VARIABLES | st.integers(1, 20).map(str) | st.sampled_from(["\\pi", "\\sqrt{2}", "e"]))
        return leaf, leaf
    (a, a2), (b, b2) = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    return draw(
        st.sampled_from(
            [
                (f"({a}+{b})", f"({b2}+{a2})"),
                (f"({a})({b})", f"{{{b2}}} \\cdot {{{a2}}}"),
                (f"({a}-{b})", f"(-({b2})+{a2})"),
                (f"\\frac{{{a}}}{{7+({b})^2}}", f"({a2}) \\cdot (({b2})^2+7)^{{-1}}"),
                (f"({a})^2", f"({a2}) \\times ({a2})"),
                (f"3({a}+{b})", f"3({a2})+3({b2})"),
                (f"({a}+{b})^2", f"({a2})^2+2({a2})({b2})+({b2})^2"),
                (f"\\sin({a})", f"\\cos(\\frac{{\\pi}}{{2}}-({a2}))"),
                (f"2^{{\\frac{{1}}{{2}}}}({a})", f"\\sqrt{{2}}({a2})"),
            ]
        )
    )


@settings(max_examples=200, deadline=None)
@given(expressions())
def test_an_expression_equals_what_it_is_rewritten_to(pair):
    one, other = pair
    assert equal(other, one)
    assert not equal(f"({other})+1", one)
    assert not equal(f"({other})\\cdot 2+1", f"({other})\\cdot 2")


@settings(max_examples=150, deadline=None)
@given(st.lists(rationals, min_size=2, max_size=6, unique=True), st.data())
def test_a_set_has_no_order_and_a_tuple_has_one(values, data):
    shuffled = data.draw(st.permutations(values))
    answer = ", ".join(str(value) for value in shuffled)
    gold = ", ".join(str(value) for value in values)
    assert equal(f"\\{{{answer}\\}}", f"\\{{{gold}\\}}")
    assert equal(answer, f"\\{{{gold}\\}}")
    assert equal(f"({answer})", f"({gold})") is (shuffled == values)
    assert not equal(f"\\{{{answer}\\}}", f"\\{{{gold}, 100000\\}}")


@settings(max_examples=150, deadline=None)
@given(
    rationals, st.integers(1, 50), st.sampled_from(["()", "[]", "(]", "[)"]), st.sampled_from(["()", "[]", "(]", "[)"])
)
def test_an_interval_is_its_inequality(low, length, brackets, others):
    high = low + length
    signs = ["<" if bracket in "()" else r"\le" for bracket in others]
    interval = f"{brackets[0]}{low}, {high}{brackets[1]}"
    assert equal(f"{low} {signs[0]} x {signs[1]} {high}", interval) is (brackets == others)
    assert equal(interval, f"{low} {signs[0]} x {signs[1]} {high}") is (brackets == others)


PIECES = st.one_of(
    st.sampled_from(
        [r"\frac", r"\sqrt", r"\le", r"\pm", r"\cup", r"\in", r"\infty", r"\pi", r"\%", r"\$", r"\{", r"\}"]
    ),
    st.sampled_from([r"\\", r"\text{or}", r"\text{cm}", r"\sin", r"\log_", r"\overline{3}", r"\sum_{k=1}^", r"\binom"]),
    st.sampled_from([r"\begin{pmatrix}", r"\end{pmatrix}", "0.3", "1,234", "12", "...", "or", "and", "é", "√", "(B)"]),
    st.sampled_from("{}()[]|^_!,;:=<>iex5%$&-+/*'"),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=25).map(" ".join) | st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60))
def test_no_text_breaks_the_comparison_and_the_same_question_has_the_same_answer(text):
    for gold in ("57", r"\sqrt{2}", "[0,1)", r"\{1, 2\}", "x+1", "y=2x"):
        first = compare(text, compile_expected(gold))
        assert first.outcome in OUTCOMES
        assert compare(text, compile_expected(gold)) == first
