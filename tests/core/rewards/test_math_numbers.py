"""Reading one number: the forms that it has, and the texts that are none."""

# ruff: noqa: RUF001 - look-alike characters are part of what is tested

from fractions import Fraction

import pytest

from reward_kit.rewards.math import parse_number

NUMBERS = [
    ("72", "72"),
    ("-72", "-72"),
    ("+72", "72"),
    ("- 72", "-72"),
    ("−72", "-72"),
    ("–72", "-72"),
    ("-0", "0"),
    ("007", "7"),
    ("72.", "72"),
    ("72.0", "72"),
    (".5", "1/2"),
    ("5.", "5"),
    ("0.10", "1/10"),
    ("0.30000000000000004", "7500000000000001/25000000000000000"),
    # thousands
    ("448,000", "448000"),
    ("1,234,567.89", "123456789/100"),
    ("1 234 567", "1234567"),
    ("1\u202f234\u00a0567", "1234567"),
    (r"1\,234", "1234"),
    (r"1,\!234", "1234"),
    ("1{,}234", "1234"),
    ("1~234", "1234"),
    # fractions
    ("3/4", "3/4"),
    ("-3/4", "-3/4"),
    ("3 / 4", "3/4"),
    ("(3)/(4)", "3/4"),
    ("1.5/2", "3/4"),
    (r"\frac{3}{4}", "3/4"),
    (r"\dfrac{3}{4}", "3/4"),
    (r"\tfrac34", "3/4"),
    (r"\frac 3 4", "3/4"),
    (r"\frac{-1}{2}", "-1/2"),
    (r"-\frac{1}{2}", "-1/2"),
    (r"\frac{1,000}{3}", "1000/3"),
    (r"\frac{\frac{1}{2}}{3}", "1/6"),
    (r"\displaystyle\frac{14}{3}", "14/3"),
    ("1 1/2", "3/2"),
    ("-1 1/2", "-3/2"),
    (r"1\frac{1}{2}", "3/2"),
    (r"-1\frac12", "-3/2"),
    ("½", "1/2"),
    ("2½", "5/2"),
    ("2 ½", "5/2"),
    ("⅓", "1/3"),
    # repeating decimals and powers
    (r"0.\overline{3}", "1/3"),
    (r"0.1\bar{6}", "1/6"),
    ("1.5e3", "1500"),
    ("1.5E-3", "3/2000"),
    (r"1.5 \times 10^3", "1500"),
    (r"1.5\cdot10^{3}", "1500"),
    ("1.5 x 10^3", "1500"),
    ("1.5×10³", "1500"),
    ("10^{-3}", "1/1000"),
    ("10⁻³", "1/1000"),
    (r"2^{10}", "1024"),
    (r"(-2)^2", "4"),
    ("-2^2", "-4"),
    (r"3 \cdot 4", "12"),
    ("3*4", "12"),
    # characters
    ("７２", "72"),
    ("٧٢", "72"),
    ("৭২", "72"),
    ("𝟕𝟐", "72"),
    ("٣٫٥", "7/2"),
    ("7\u200b2", "72"),
    # markup
    ("**72**", "72"),
    ("`72`", "72"),
    ("__72__", "72"),
    ("$72$", "72"),
    ("$$72$$", "72"),
    (r"\(72\)", "72"),
    (r"\[72\]", "72"),
    (r"\textbf{72}", "72"),
    (r"\mathrm{72}", "72"),
    (r"\boxed{72}", "72"),
    (r"\boxed{\boxed{72}}", "72"),
    ("{{{72}}}", "72"),
    ("(72)", "72"),
    ("((72))", "72"),
    (r"\left(72\right)", "72"),
    # equalities
    ("x = 72", "72"),
    ("x_1 = 72", "72"),
    (r"\text{Total cost} = \$72", "72"),
    ("48 + 24 = 72", "72"),
    ("72 = 72.0", "72"),
    ("= 72", "72"),
    (r"\approx 72", "72"),
    (r"12 \text{ hours} + 4 \text{ hours} = 16 \text{ hours}", "16"),
    # scales
    ("5 million", "5000000"),
    (r"\$1.2\text{ billion}", "1200000000"),
    ("3 hundred", "300"),
    ("5 dozen", "5"),
]

WITH_UNITS = [
    ("$18", ("dollar",)),
    (r"\$18", ("dollar",)),
    ("-$18", ("dollar",)),
    ("$-18", ("dollar",)),
    ("US$18", ("dollar",)),
    ("USD 18", ("dollar",)),
    ("18 dollars", ("dollar",)),
    ("18 USD", ("dollar",)),
    ("€18", ("euro",)),
    ("£18", ("£",)),
    ("¥18", ("yen",)),
    ("₹18", ("₹",)),
    ("$18$ eggs", ("egg",)),
    ("18 eggs", ("egg",)),
    ("18 boxes", ("box",)),
    ("18 berries", ("berry",)),
    (r"18\text{ cm}", ("cm",)),
    (r"18~\mathrm{cm}", ("cm",)),
    ("18cm", ("cm",)),
    ("18 centimetres", ("cm",)),
    ("18 cm^2", ("cm^2",)),
    ("18 cm²", ("cm^2",)),
    (r"18\text{ m}^3", ("m^3",)),
    ("18 miles per hour", ("mph",)),
    (r"18 \text{ m/s}", ("m", "second")),
    ("18°", ("degree",)),
    (r"18^\circ", ("degree",)),
    (r"18^{\circ}\text{C}", ("degree", "c")),
    ("18 p.m.", ("pm",)),
    ("18 days in total", ("day", "in", "total")),
    ("18 (eggs)", ("egg",)),
    ("18 个", ("个",)),
]

NO_NUMBERS = [
    "",
    " ",
    "$",
    "-",
    "()",
    "A",
    "x",
    "seventy-two",
    "inf",
    "nan",
    r"\infty",
    "e",
    "i",
    # separators that leave a doubt
    "1,2",
    "1,23,4",
    "1,2345",
    "12,34",
    "1,000,00",
    "1000,000",
    "0,123",
    "01,000",
    "1.234,56",
    "1.234.567",
    "1'234",
    "1_000",
    "12 34",
    "1 2 3",
    "1 234 5",
    # dates, times, versions, ratios
    "3:30",
    "12:30 p.m.",
    "2024-01-05",
    "1/2/3",
    "1.2.3",
    "2:1",
    "5'6\"",
    # several
    "5 or 7",
    "5, 7",
    "5 and 7",
    "5; 7",
    "5|7",
    "5-7",
    "5–7",
    "5~7",
    "5 to 7",
    "5 or six",
    r"\{5,7\}",
    "[5, 7]",
    "(5, 7)",
    r"5 \text{ or } 7",
    r"5 \pm 1",
    r"\pm 5",
    "±5",
    # relations
    "5 = 7",
    "5+5=10=12",
    r"5 \approx 7",
    r"5 \neq 7",
    r"\neq 5",
    "> 5",
    "x < 5",
    r"x \geq 5",
    "not 5",
    r"\text{not } 5",
    "5 = x",
    "lambda: 57",
    # algebra and what is not computed
    "2x",
    "2 x",
    "2ab",
    "2x = 14",
    "x + 5 = 12",
    "5i",
    r"2\pi",
    r"\sqrt{8}",
    r"\sqrt{9}",
    r"\ln(e^2)",
    "5!",
    "5 + 7",
    "10 - 5",
    "5²³^2",
    "9^9^9^9",
    "2^{2^2}",
    "2**10",
    "204_5",
    "1 3/2",
    r"1\frac{3}{2}",
    # words that change the value
    "5 k",
    "5k",
    "5M",
    "5 bn",
    "5 and a half",
    "5 dollars and fifty cents",
    "5 squared",
    "3 fourths",
    "5 thousandths",
    "5 hundred thousand",
    "5万",
    "5 五",
    "5 hours 30 minutes",
    # nothing to divide by, too large
    "1/0",
    "5/0",
    r"\frac{1}{0}",
    r"\frac{0}{0}",
    "0^{-1}",
    "1e999999999",
    "1e-999999999",
    "0.1e10000000",
    r"10^{-10^{9}}",
    "9" * 1001,
    # broken
    "--5",
    "+-5",
    "-$-5",
    "5..6",
    "5 5",
    "(5",
    "5)",
    r"\frac{1}",
    r"\frac",
    "5e",
    "e5",
    "0x1F",
    "{{57}}{% raw %}",
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_a_number_is_read_exactly(text, value):
    number = parse_number(text)

    assert number is not None
    assert number.value == Fraction(value)


@pytest.mark.parametrize(("text", "units"), WITH_UNITS)
def test_the_unit_of_a_number_is_read_in_one_spelling(text, units):
    number = parse_number(text)

    assert number is not None
    assert (abs(number.value), number.units) == (18, units)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_text_that_is_not_one_number_is_refused(text):
    assert parse_number(text) is None


@pytest.mark.parametrize("text", ["50%", r"50\%", "50 percent", "50 per cent", r"50\text{%}", "50 % of the cake"])
def test_a_percentage_keeps_its_number_and_says_so(text):
    number = parse_number(text)

    assert number is not None
    assert (number.value, number.percent) == (50, True)


@pytest.mark.parametrize("digits", [600, 601])
def test_a_number_has_at_most_six_hundred_digits(digits):
    number = parse_number("-" + "9" * digits)

    assert (number is None) == (digits > 600)


def test_two_thousand_braces_around_a_number_are_no_obstacle():
    number = parse_number("{" * 2000 + "72" + "}" * 2000)

    assert number is not None
    assert number.value == 72
