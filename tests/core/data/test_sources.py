import gzip
import json

import pytest

from reward_kit.data.sources import local_files, local_rows, sha256_of_files
from reward_kit.data.splits import Split
from reward_kit.errors import DataError, UsageError

ROWS = [{"question": f"{number}", "answer": number} for number in range(5)]


def values(source, split="train", **options):
    return [row.value for row in local_rows(source, Split.parse(split), **options)]


def test_a_single_file_is_the_split_whatever_its_name(tmp_path, write_jsonl):
    path = write_jsonl(tmp_path / "anything.jsonl", ROWS)
    assert values(path, "train") == values(path, "test") == ROWS


def test_the_slice_of_the_split_applies_to_a_single_file(tmp_path, write_jsonl):
    path = write_jsonl(tmp_path / "anything.jsonl", ROWS)
    assert values(path, "train[1:3]") == ROWS[1:3]
    assert values(path, "train[-1:]") == ROWS[4:]
    assert values(path, "train[:40%]") == ROWS[:2]


def test_a_json_file_may_be_an_array_or_lines(tmp_path, write_jsonl):
    (tmp_path / "array.json").write_text(json.dumps(ROWS, indent=1))
    assert values(tmp_path / "array.json") == values(write_jsonl(tmp_path / "lines.json", ROWS)) == ROWS


def test_an_array_is_read_as_strictly_as_lines(tmp_path):
    (tmp_path / "array.json").write_text('[{"a": 1},\n {"a": 1, "a": 2}]')
    with pytest.raises(DataError, match="a: found this key twice"):
        values(tmp_path / "array.json")
    (tmp_path / "array.json").write_text('[{"a": 1},\n {"a": ]')
    with pytest.raises(DataError, match=r"array\.json:2: not JSON: Expecting value at column 8"):
        values(tmp_path / "array.json")
    (tmp_path / "array.json").write_text('[{"a": 1}, 7]')
    with pytest.raises(DataError, match=r"array\.json:2: found a number, expected a JSON object"):
        values(tmp_path / "array.json")


def test_a_parquet_file_gives_the_same_rows(tmp_path):
    datasets = pytest.importorskip("datasets", reason="the extra 'hub' is not installed")
    datasets.Dataset.from_list(ROWS).to_parquet(str(tmp_path / "train.parquet"))
    assert values(tmp_path / "train.parquet", "train[1:]") == ROWS[1:]


def test_a_file_that_is_not_parquet_is_named(tmp_path):
    pytest.importorskip("datasets", reason="the extra 'hub' is not installed")
    (tmp_path / "train.parquet").write_text("no parquet")
    with pytest.raises(DataError, match=r"train\.parquet: not a Parquet file"):
        values(tmp_path / "train.parquet")


def test_a_folder_gives_the_files_of_the_split_in_order(tmp_path, write_jsonl):
    write_jsonl(tmp_path / "train-00001-of-00002.jsonl", ROWS[3:])
    write_jsonl(tmp_path / "train-00000-of-00002.jsonl", ROWS[:3])
    write_jsonl(tmp_path / "test.jsonl", [{"other": 1}])
    (tmp_path / "README.md").write_text("nothing")
    assert values(tmp_path) == ROWS
    assert values(tmp_path, "train[2:4]") == ROWS[2:4]
    assert values(tmp_path, "test") == [{"other": 1}]


def test_the_files_of_a_split_may_lie_in_a_folder_of_its_name(tmp_path, write_jsonl):
    write_jsonl(tmp_path / "data" / "train" / "0000.jsonl", ROWS)
    assert values(tmp_path) == ROWS


def test_a_folder_of_the_configuration_is_preferred(tmp_path, write_jsonl):
    write_jsonl(tmp_path / "main" / "train-00000-of-00001.jsonl", ROWS)
    write_jsonl(tmp_path / "socratic" / "train-00000-of-00001.jsonl", [{"other": 1}])
    assert values(tmp_path, config="main") == ROWS


def test_a_split_that_is_not_there_is_named_with_those_that_are(tmp_path, write_jsonl):
    write_jsonl(tmp_path / "train.jsonl", ROWS)
    write_jsonl(tmp_path / "test.jsonl", ROWS)
    with pytest.raises(UsageError, match=r"found no split 'dev' in .*; it has 'test', 'train'"):
        values(tmp_path, "dev")


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(
        UsageError, match=r"it has no file ending in \.jsonl, \.ndjson, \.jsonl\.gz, \.ndjson\.gz, \.json, \.parquet"
    ):
        values(tmp_path)


def test_a_source_that_is_not_there_and_one_of_another_kind_are_named(tmp_path):
    with pytest.raises(DataError, match="none: no such file or folder"):
        values(tmp_path / "none")
    (tmp_path / "rows.csv").write_text("a,b\n")
    with pytest.raises(DataError, match=r"rows\.csv: found a file ending in '\.csv', expected one of \.jsonl"):
        values(tmp_path / "rows.csv")


def test_a_bad_line_can_be_passed_over_and_shown(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n{bad \xff\n{"a": 3}\n')
    first, second, third = local_rows(path, Split.parse("train"))
    assert (first.value, third.value, third.line) == ({"a": 1}, {"a": 3}, 3)
    assert second.text == "{bad \\xff"
    with pytest.raises(DataError, match=r"rows\.jsonl:2: "):
        _ = second.value


def test_the_mark_of_the_files_is_that_of_their_bytes(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"abc")
    files = local_files(tmp_path / "a.jsonl", Split.parse("train"))
    assert sha256_of_files(files) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_split_all_is_every_file_of_a_folder(tmp_path, write_jsonl):
    write_jsonl(tmp_path / "a.jsonl", [{"n": 1}])
    write_jsonl(tmp_path / "b" / "c.jsonl", [{"n": 2}])
    assert values(tmp_path, "all") == [{"n": 1}, {"n": 2}]


def test_a_gzipped_file_is_read_as_what_is_in_it(tmp_path):
    (tmp_path / "train.jsonl.gz").write_bytes(gzip.compress(b'{"n": 1}\n'))
    assert values(tmp_path / "train.jsonl.gz") == [{"n": 1}]
    assert values(tmp_path) == [{"n": 1}]
