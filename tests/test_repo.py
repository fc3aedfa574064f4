"""The repository keeps what its own documents promise."""

import json
import re
import subprocess
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MEMBERS = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
EXAMPLES = [name for name in MEMBERS if name != "core"]


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_tox_runs_every_example():
    text = (ROOT / "tox.ini").read_text()
    (listed,) = re.findall(r"\{([a-z0-9_, ]+)\}-\{local, api, grpo\}", text)
    assert sorted(listed.split(", ")) == [name.replace("-", "_") for name in EXAMPLES]
    for name in EXAMPLES:
        assert f"    {name.replace('-', '_')}: -e packages/{name}\n" in text


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_its_data_set_lock_image_and_readme(example):
    package = ROOT / "packages" / example
    for path in (package / "Dockerfile", package / "README.md", ROOT / "locks" / f"{example}.txt"):
        assert path.stat().st_size > 0, path
    linked = ROOT / "datasets" / example
    assert linked.resolve() == package / "src" / f"reward_kit_{example.replace('-', '_')}" / "data"


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_bundled_data_set_is_the_one_that_its_source_file_describes(example):
    folder = ROOT / "datasets" / example
    source = tomllib.loads((folder / "SOURCE.toml").read_text())
    content = (folder / "dataset.jsonl").read_bytes()
    assert source["sha256"] == sha256(content).hexdigest()
    rows = [json.loads(line) for line in content.splitlines()]
    assert source["rows"] == len(rows) == len({row["id"] for row in rows})


def test_all_packages_have_one_version():
    versions = {
        tomllib.loads((ROOT / f"packages/{name}/pyproject.toml").read_text())["project"]["version"] for name in MEMBERS
    }
    init = (ROOT / "packages/core/src/reward_kit/__init__.py").read_text()
    versions.update(re.findall(r'__version__ = "(.+)"', init))
    assert len(versions) == 1


def test_mypy_reads_every_package():
    files = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
    assert sorted(files) == [f"packages/{name}/src" for name in MEMBERS]


def test_locks_pin_by_hash_and_name_no_address():
    for path in ROOT.glob("locks/*.txt"):
        text = path.read_text()
        pins = re.findall(r"^\S+==", text, re.MULTILINE)
        hashed = re.findall(r"^\S+==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
        assert len(hashed) == len(pins) > 0
        assert "://" not in text


def test_no_lock_that_names_addresses_is_tracked():
    assert not {path.name for path in tracked()} & {"uv.lock", "pylock.toml", "package-lock.json"}


def test_tracked_files_name_no_package_index():
    # Put together here so that this file does not name one either.
    hosts = re.compile(
        "|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "deb" + r"\.debian\.org", "registry" + r"\.npmjs"])
    )
    named = [str(path) for path in tracked() if hosts.search(path.read_text(errors="replace"))]
    assert named == []


def test_no_tracked_file_is_large():
    assert [str(path) for path in tracked() if path.stat().st_size > 2_000_000] == []


def test_a_core_file_has_at_most_300_lines():
    files = (ROOT / "packages/core/src").rglob("*.py")
    assert {str(path): count for path in files if (count := len(path.read_text().splitlines())) > 300} == {}


def test_a_spec_has_at_most_60_lines():
    for example in EXAMPLES:
        spec = ROOT / "packages" / example / "src" / f"reward_kit_{example.replace('-', '_')}" / "spec.py"
        assert len(spec.read_text().splitlines()) <= 60
