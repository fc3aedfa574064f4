import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_kit.data import load_jsonl, read_jsonl, to_line
from reward_kit.data.jsonl import MAX_LINE_BYTES, parse_line
from reward_kit.errors import DataError


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "rows.jsonl"
        path.write_bytes(content)
        return path

    return write


def error_of(path):
    with pytest.raises(DataError) as raised:
        list(read_jsonl(path))
    return str(raised.value).replace(str(path), "rows.jsonl")


def test_rows_come_with_their_line_numbers_and_blank_lines_count(file):
    path = file(b'{"a": 1}\n\n  \n{"a": 2}')
    assert list(read_jsonl(path)) == [(1, {"a": 1}), (4, {"a": 2})]


def test_windows_line_ends_and_a_byte_order_mark_are_tolerated(file):
    path = file(b'\xef\xbb\xbf{"a": "b"}\r\n{"a": "c"}\r\n')
    assert load_jsonl(path) == [{"a": "b"}, {"a": "c"}]


def test_line_separators_of_unicode_inside_a_string_do_not_end_a_line(file):
    path = file('{"a": "b\u2028c\x85d"}\n'.encode())
    assert load_jsonl(path) == [{"a": "b\u2028c\x85d"}]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b'{"a": 1', "rows.jsonl:2: not JSON: Expecting ',' delimiter at column 8"),
        (b'{"a": 1} {"a": 2}', "rows.jsonl:2: not JSON: Extra data at column 10"),
        (b"[1, 2]", "rows.jsonl:2: found an array, expected a JSON object"),
        (b'"text"', "rows.jsonl:2: found a string, expected a JSON object"),
        (b"true", "rows.jsonl:2: found a boolean, expected a JSON object"),
        (b"null", "rows.jsonl:2: found null, expected a JSON object"),
        (
            b'{"a": NaN}',
            "rows.jsonl:2: found NaN, which JSON does not have; expected a finite number, a string or null",
        ),
        (b'{"a": [-Infinity]}', "found -Infinity, which JSON does not have"),
        (b'{"a": 1e999}', "rows.jsonl:2: found the number 1e999, which is too large to hold; write it as a string"),
        (b'{"a": 1, "b": 2, "a": 3}', "rows.jsonl:2: a: found this key twice in one object"),
        (b'{"x": {"deep": 1, "deep": 1}}', "rows.jsonl:2: deep: found this key twice in one object"),
        (b'{"a": "\xff"}', "rows.jsonl:2: found the byte 0xff at column 8, expected UTF-8"),
        (b'{"a": ' + b"9" * 5000 + b"}", "rows.jsonl:2: not usable JSON: a number has too many digits"),
        (b'{"a": ' + b"[" * 100_000 + b"}", "rows.jsonl:2: not usable JSON: it is nested too deep"),
        (b"\x00\x00\x00", "rows.jsonl:2: not JSON: Expecting value at column 1"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(file, line, complaint):
    assert complaint in error_of(file(b'{"fine": 1}\n' + line + b"\n"))


def test_rows_before_a_bad_line_are_read(file):
    rows = read_jsonl(file(b'{"a": 1}\n{bad\n'))
    assert next(rows) == (1, {"a": 1})
    with pytest.raises(DataError):
        next(rows)


def test_utf_16_is_named(file):
    assert (
        error_of(file('{"a": 1}\n'.encode("utf-16"))) == "rows.jsonl:1: found UTF-16, expected UTF-8; convert the file"
    )


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert error_of(tmp_path / "none.jsonl") == "rows.jsonl: no such file"
    assert error_of(tmp_path) == "rows.jsonl: cannot be read: is a directory"


def test_a_huge_line_is_read_and_a_monstrous_one_refused(file):
    assert len(load_jsonl(file(b'{"a": "' + b"x" * 5_000_000 + b'"}\n'))[0]["a"]) == 5_000_000
    path = file(b"")
    with path.open("r+b") as sparse:
        sparse.truncate(MAX_LINE_BYTES + 10)
    assert error_of(path) == "rows.jsonl:1: found a line of more than 67108864 bytes; is this one JSON object per line?"


def test_reading_holds_one_line_at_a_time(file):
    import tracemalloc

    path = file(b'{"text": "' + b"x" * 10_000 + b'"}\n')
    path.write_bytes(path.read_bytes() * 2_000)
    tracemalloc.start()
    for _ in read_jsonl(path):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON))
def test_what_is_written_is_one_line_and_reads_back_the_same(row):
    line = to_line(row)
    assert line.count(b"\n") == 1
    assert parse_line(line) == row


def test_half_a_surrogate_pair_survives_a_round_trip():
    line = to_line({"a": "x\ud83dy"})
    assert line == b'{"a": "x\\ud83dy"}\n'
    assert parse_line(line) == {"a": "x\ud83dy"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_json_cannot_hold_is_not_written(value):
    with pytest.raises(DataError, match="cannot be written as JSON"):
        to_line({"a": value})


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_a_data_error(data):
    problem = ""
    try:
        assert isinstance(parse_line(data), dict)
    except DataError as error:
        problem = str(error)
    assert "\n" not in problem
