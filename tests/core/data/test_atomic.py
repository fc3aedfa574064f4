import tomllib

import pytest

from reward_kit.data.atomic import atomic_writer
from reward_kit.data.provenance import Provenance, provenance_path
from reward_kit.errors import PrerequisiteError, RemoteError


def test_a_file_is_there_only_when_the_block_has_ended(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with atomic_writer(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert [item.name for item in path.parent.iterdir()] == ["file.txt"]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), atomic_writer(path) as file:
        file.write(b"half" + bytes([1 // 0]))
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["file.txt"]


def test_an_error_of_ours_in_the_block_is_not_taken_for_one_of_the_disk(tmp_path):
    def fail():
        message = "the hub failed"
        raise RemoteError(message)

    with pytest.raises(RemoteError, match="the hub failed"), atomic_writer(tmp_path / "file.txt"):
        fail()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PrerequisiteError, match="cannot write to"), atomic_writer(tmp_path / "file" / "x"):
        pass


def test_provenance_is_toml_beside_the_data_set(tmp_path):
    path = provenance_path(tmp_path / "dataset.jsonl")
    Provenance(origin='a "quoted" ü', revision="1", split="train", licence="MIT", rows=3, sha256="ab").write(path)
    assert path.name == "dataset.source.toml"
    assert tomllib.loads(path.read_text("utf-8")) == {
        "origin": 'a "quoted" ü',
        "revision": "1",
        "split": "train",
        "licence": "MIT",
        "rows": 3,
        "sha256": "ab",
    }


def test_provenance_counts_what_was_left_out(tmp_path):
    path = tmp_path / "dataset.source.toml"
    values = {"origin": "x", "revision": "1", "split": "train", "licence": "MIT", "rows": 3, "sha256": "ab"}
    Provenance(**values, rejected={'no "test"': 2}).write(path)
    assert tomllib.loads(path.read_text("utf-8")) == {**values, "rejected": {'no "test"': 2}}
