import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_kit.data.splits import Split
from reward_kit.errors import UsageError

BOUND = st.none() | st.integers(-30, 30)


def taken(text, total=20):
    return list(Split.parse(text).take(lambda: range(total)))


@given(BOUND, BOUND, st.integers(0, 25))
def test_a_slice_means_what_it_means_in_python(start, stop, total):
    text = f"train[{'' if start is None else start}:{'' if stop is None else stop}]"
    assert taken(text, total) == list(range(total))[start:stop]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("train", 20),
        ("train[:]", 20),
        ("train[:50%]", 10),
        ("train[25%:50%]", 5),
        ("train[-10%:]", 2),
        ("train[:100%]", 20),
    ],
)
def test_percentages_are_of_all_rows(text, rows):
    assert len(taken(text)) == rows


def test_a_part_from_the_start_does_not_read_the_rest():
    def rows():
        yield from range(3)
        pytest.fail("read on")

    assert list(Split.parse("train[1:3]").take(rows)) == [1, 2]


def test_a_split_is_written_as_it_was_read():
    assert [str(Split.parse(text)) for text in ("train", "test[:100]", "train[-5:10%]")] == [
        "train",
        "test[:100]",
        "train[-5:10%]",
    ]


@pytest.mark.parametrize(
    "text", ["", "train[", "train[5]", "train[1:2:3]", "train[:101%]", "a+b", "train[:1.5]", "../x"]
)
def test_another_form_is_refused_and_the_forms_named(text):
    with pytest.raises(UsageError, match=r"expected a form like 'train'"):
        Split.parse(text)
