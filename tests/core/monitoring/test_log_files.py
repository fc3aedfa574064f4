"""New lines of logs that grow, are rotated, copied and truncated, or compressed: each once."""

import gzip
import lzma

import pytest

from reward_kit.data.jsonl import MAX_LINE_BYTES
from reward_kit.errors import DataError, UsageError
from reward_kit.monitoring.log_files import log_files, new_lines


class Reader:
    """Reads what is new, and remembers how far it got."""

    def __init__(self, log):
        self.log = log
        self.positions = {}

    def read(self):
        found = []
        for path in log_files(self.log):
            for line in new_lines(path, self.positions):
                self.positions[line.file] = line.after
                found.append(line.data.decode().strip())
        return found


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.log"


@pytest.fixture
def reader(log):
    return Reader(log)


def append(log, *lines):
    with log.open("a") as file:
        file.writelines(lines)


def test_lines_are_given_once(log, reader):
    append(log, "1\n", "2\n")
    assert reader.read() == ["1", "2"]
    append(log, "3\n")
    assert reader.read() == ["3"]
    assert reader.read() == []


def test_a_line_without_an_end_waits_for_it(log, reader):
    append(log, "1\n", "tw")
    assert reader.read() == ["1"]
    append(log, "o\n")
    assert reader.read() == ["two"]


def test_a_first_line_without_an_end_waits_too(log, reader):
    append(log, "on")
    assert reader.read() == []
    append(log, "e\n")
    assert reader.read() == ["one"]


def test_a_log_that_is_renamed_is_read_on(log, reader):
    append(log, "1\n")
    assert reader.read() == ["1"]
    append(log, "2\n")
    log.rename(log.with_name("app.log.1"))
    append(log, "3\n")
    assert sorted(reader.read()) == ["2", "3"]


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_log_that_is_compressed_is_read_on(log, reader, suffix):
    append(log, "1\n")
    assert reader.read() == ["1"]
    append(log, "2\n", "3\n")
    write = {".gz": gzip.open, ".xz": lzma.open}[suffix]
    with write(log.with_name(f"app.log.1{suffix}"), "wb") as file:
        file.write(log.read_bytes())
    log.unlink()
    append(log, "4\n")
    assert sorted(reader.read()) == ["2", "3", "4"]
    assert reader.read() == []


def test_a_log_that_is_copied_and_truncated_loses_nothing(log, reader):
    append(log, "1\n", "2\n")
    assert reader.read() == ["1", "2"]
    append(log, "3\n")
    log.with_name("app.log.1").write_bytes(log.read_bytes())
    log.write_text("")
    append(log, "4\n")
    assert sorted(reader.read()) == ["3", "4"]


def test_a_copy_that_is_still_being_made_is_left_alone(log, reader):
    append(log, "1\n", "2\n", "3\n")
    assert reader.read() == ["1", "2", "3"]
    log.with_name("app.log.1").write_text("1\n2\n")
    assert reader.read() == []


def test_two_logs_that_begin_alike_are_told_apart(tmp_path):
    reader = Reader(tmp_path)
    append(tmp_path / "a.jsonl", "start\n", "a1\n")
    append(tmp_path / "b.jsonl", "start\n", "b1\n", "b2\n")
    assert sorted(reader.read()) == ["a1", "b1", "b2", "start", "start"]
    append(tmp_path / "a.jsonl", "a2\n", "a3\n")
    assert reader.read() == ["a2", "a3"]


def test_a_log_that_begins_like_the_one_before_is_read_before_it_is_as_long(log, reader):
    append(log, "start\n", *(f"first {number}\n" for number in range(1000)))
    assert len(reader.read()) == 1001
    log.rename(log.with_name("app.log.1"))
    append(log, "start\n", *(f"second {number}\n" for number in range(100)))
    assert len(reader.read()) == 101
    append(log, "third\n")
    assert reader.read() == ["third"]


@pytest.mark.parametrize("first", [b"", b"first\n"], ids=["first line", "later line"])
def test_a_line_that_is_far_too_long_is_cut_and_passed(log, first):
    log.write_bytes(first + b"x" * (2 * MAX_LINE_BYTES) + b"\nnext\n")
    lines = list(new_lines(log, {}))
    assert [len(line.data) for line in lines][-2:] == [MAX_LINE_BYTES + 1, 5]
    with log.open("ab") as file:
        file.write(b"last\n")
    assert [line.data for line in new_lines(log, {lines[-1].file: lines[-1].after})] == [b"last\n"]


def test_a_compressed_log_that_is_damaged_is_named(tmp_path):
    damaged = bytearray(gzip.compress(bytes(range(256)) * 40, mtime=0))
    damaged[20:60] = b"x" * 40
    path = tmp_path / "app.log.1.gz"
    path.write_bytes(damaged)
    with pytest.raises(DataError, match=r"app\.log\.1\.gz: cannot be read"):
        list(new_lines(path, {}))


def test_a_compressed_log_that_is_not_whole_waits(tmp_path):
    reader = Reader(tmp_path)
    whole = gzip.compress(b"1\n2\n" * 1000)
    path = tmp_path / "app.log.1.gz"
    path.write_bytes(whole[: len(whole) // 2])
    first = reader.read()
    path.write_bytes(whole)
    assert len(first) + len(reader.read()) == 2000


def test_other_files_of_a_folder_are_no_logs(tmp_path):
    for name in ("app.log", "app.jsonl.2026-11-23", "app.log.1.gz", "notes.txt", "data.parquet"):
        (tmp_path / name).write_bytes(b"")
    assert sorted(path.name for path in log_files(tmp_path)) == ["app.jsonl.2026-11-23", "app.log", "app.log.1.gz"]


def test_a_log_that_is_nowhere_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"found no '.*nowhere/app\.log', expected a log file or a folder of them"):
        log_files(tmp_path / "nowhere" / "app.log")
