"""``prepare --source NAME``: rows that an installed package carries, named by the example."""

import json
import tomllib

import pytest

SOURCE = """
import dataclasses

from reward_kit.data.sources import SourceRow
from reward_kit.errors import MissingExtraError
from reward_kit.example import PackageSource


def rows():
    for number in range(3):
        raw = {"question": "1 + 1", "answer": str(number)} if number else {"question": "no answer"}
        yield SourceRow(path="calls.json", line=number + 1, raw=raw)


def none():
    raise MissingExtraError("'calls' not installed; pip install calls")
    yield


packages = {
    "calls": PackageSource(rows=rows, revision=lambda: "calls 1.2", licence="Apache-2.0"),
    "absent": PackageSource(rows=none, revision=lambda: "absent", licence="MIT"),
}
example = dataclasses.replace(example, packages=packages)
"""


@pytest.fixture
def packaged(toy):
    spec = toy.site / "toy_example" / "__init__.py"
    spec.write_text(spec.read_text(encoding="utf-8") + SOURCE, encoding="utf-8")
    return toy


def test_the_rows_of_a_package_are_prepared_and_those_that_cannot_be_used_are_kept_apart(packaged):
    done = packaged.run("prepare", "--source", "calls", "--output", "data.jsonl")
    assert (done.returncode, done.stdout) == (0, "2 rows in data.jsonl\n")
    assert "1 rows rejected, see data.rejects.jsonl" in done.stderr
    (reject,) = (packaged.folder / "data.rejects.jsonl").read_text().splitlines()
    assert "missing; the row has 'question'" in reject
    assert [json.loads(line)["ground_truth"] for line in (packaged.folder / "data.jsonl").read_text().splitlines()] == [
        "1",
        "2",
    ]


def test_the_version_of_the_package_and_its_licence_are_written_beside_the_data(packaged):
    packaged.run("prepare", "--source", "calls", "--output", "data.jsonl")
    provenance = tomllib.loads((packaged.folder / "data.source.toml").read_text())
    named = {name: provenance[name] for name in ("origin", "revision", "split", "licence", "rows")}
    assert named == {
        "origin": "package: calls",
        "revision": "calls 1.2",
        "split": "all",
        "licence": "Apache-2.0",
        "rows": 2,
    }


def test_a_package_that_is_not_installed_is_a_missing_prerequisite(packaged):
    done = packaged.run("prepare", "--source", "absent")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (3, "error: 'calls' not installed; pip install calls")
    assert list(packaged.folder.iterdir()) == []
