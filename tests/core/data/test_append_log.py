import json
import subprocess
import sys

import pytest

from reward_kit.data import AppendLog
from reward_kit.errors import DataError, PrerequisiteError, UsageError


def test_rows_are_there_when_the_log_is_opened_again(tmp_path):
    with AppendLog(tmp_path / "log.jsonl") as log:
        log.append({"id": "a"})
        log.append({"id": "ä\n"})
    with AppendLog(tmp_path / "log.jsonl") as log:
        assert list(log.rows()) == [{"id": "a"}, {"id": "ä\n"}]
        log.append({"id": "c"})
        assert [row["id"] for row in log.rows()] == ["a", "ä\n", "c"]


def test_a_log_makes_the_folder_that_it_is_in(tmp_path):
    with AppendLog(tmp_path / "runs" / "one" / "log.jsonl") as log:
        log.append({"id": 1})
    assert (tmp_path / "runs" / "one" / "log.jsonl").read_bytes() == b'{"id": 1}\n'


def test_a_log_torn_at_any_byte_keeps_its_whole_lines_and_goes_on(tmp_path):
    whole = b'{"id": 1}\n{"id": 22}\n{"id": 333}\n'
    path = tmp_path / "log.jsonl"
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        with AppendLog(path) as log:
            log.append({"id": "new"})
        kept = whole[:size].count(b"\n")
        assert [json.loads(line)["id"] for line in path.read_bytes().splitlines()] == [*[1, 22, 333][:kept], "new"]


def test_a_torn_line_longer_than_a_block_is_cut_off(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"id": 1}\n{"id": "' + b"x" * 300_000)
    with AppendLog(path):
        assert path.read_bytes() == b'{"id": 1}\n'


def test_a_row_of_several_megabytes_is_kept_whole(tmp_path):
    with AppendLog(tmp_path / "log.jsonl") as log:
        log.append({"text": "x" * 5_000_000})
        assert [len(row["text"]) for row in log.rows()] == [5_000_000]


def test_a_row_that_json_cannot_hold_leaves_the_log_as_it_was(tmp_path):
    with AppendLog(tmp_path / "log.jsonl") as log:
        log.append({"id": 1})
        with pytest.raises(DataError):
            log.append({"id": float("nan")})
        assert list(log.rows()) == [{"id": 1}]


def test_a_line_that_something_else_wrote_is_named(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"id": 1}\nnot JSON\n')
    with AppendLog(path) as log, pytest.raises(DataError, match=r"log\.jsonl:2: not JSON"):
        list(log.rows())


def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path):
    with AppendLog(tmp_path / "log.jsonl"), pytest.raises(UsageError, match="written by another process"):
        AppendLog(tmp_path / "log.jsonl")
    AppendLog(tmp_path / "log.jsonl").close()


def test_a_second_process_is_refused(tmp_path):
    code = "import sys\nfrom reward_kit.data import AppendLog\nAppendLog(sys.argv[1])"
    with AppendLog(tmp_path / "log.jsonl") as log:
        log.append({"id": 1})
        other = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "log.jsonl")], capture_output=True, text=True, check=False
        )
        assert "UsageError" in other.stderr
        assert list(log.rows()) == [{"id": 1}]


def test_the_lock_of_a_killed_process_is_gone(tmp_path):
    code = """
import os, sys
from reward_kit.data import AppendLog
AppendLog(sys.argv[1]).append({"id": 1})
os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "log.jsonl")], check=False)
    assert killed.returncode == -9
    with AppendLog(tmp_path / "log.jsonl") as log:
        assert list(log.rows()) == [{"id": 1}]


def test_a_disk_that_takes_half_a_line_is_an_error_and_leaves_whole_lines(tmp_path):
    code = """
import resource, signal, sys
from reward_kit.data import AppendLog
from reward_kit.errors import PrerequisiteError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with AppendLog(sys.argv[1]) as log:
    log.append({"id": 1})
    resource.setrlimit(resource.RLIMIT_FSIZE, (25, 25))
    try:
        log.append({"id": "a row that is longer than what is left"})
    except PrerequisiteError as error:
        print(error)
"""
    path = tmp_path / "log.jsonl"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert "free some space" in done.stdout
    assert path.read_bytes() == b'{"id": 1}\n'


def test_a_place_that_cannot_be_written_is_a_missing_prerequisite(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PrerequisiteError, match="cannot write to"):
        AppendLog(tmp_path / "file" / "log.jsonl")
