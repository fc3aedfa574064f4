"""Plain data, there and back, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_kit.sandbox.jail.codec import CodecError, decode, encode, to_python

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
KEYS = st.integers() | st.text() | st.booleans()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner) | st.sets(KEYS),
    max_leaves=20,
)


@given(VALUES)
def test_a_value_comes_back_as_it_went(value):
    back = to_python(decode(encode(value, max_bytes=1 << 20), max_bytes=1 << 20))
    assert (back, type(back)) == (value, type(value))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_value_are_refused_or_read(data):
    try:
        decode(data, max_bytes=1000)
    except CodecError:
        return
    assert data


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b"9" * 5000,
        b"1.5",
        b"NaN",
        b"{}",
        b"[]",
        b'["q", 1]',
        b'["f", "1_0"]',
        b'["i", "12"]',
        b'["d", [1]]',
        b'["b", "0g"]',
        b'["y", "eval"]',
        b'"a" "b"',
    ],
)
def test_a_malformed_text_is_refused(text):
    with pytest.raises(CodecError):
        decode(text, max_bytes=1 << 20)


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(CodecError, match="more than 5"):
        decode(b'"123456"', max_bytes=5)


def test_subclasses_travel_as_what_they_derive_from():
    from collections import Counter

    class Text(str):
        __slots__ = ()

    assert encode([Counter("a"), Text("b")], max_bytes=100) == b'["l",["d",["a",1]],"b"]'
