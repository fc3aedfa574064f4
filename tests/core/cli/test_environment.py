"""The variables that a verb reads: the process's own, over those of a file."""

import pytest

from reward_kit.cli.environment import environment
from reward_kit.errors import DataError


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "keys.env"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("ENV_FILE_KEY=abc", "abc"),
        ("  ENV_FILE_KEY = abc  ", "abc"),
        ("export ENV_FILE_KEY=abc", "abc"),
        ('ENV_FILE_KEY="a b # c"', "a b # c"),
        ("ENV_FILE_KEY='abc'", "abc"),
        ("ENV_FILE_KEY=abc # a comment", "abc"),
        ("ENV_FILE_KEY=a#b=c", "a#b=c"),
        ("ENV_FILE_KEY=", ""),
        ("ENV_FILE_KEY='", "'"),
        ("# a comment\n\nENV_FILE_KEY=abc", "abc"),
        ("ENV_FILE_KEY=first\nENV_FILE_KEY=last", "last"),
    ],
)
def test_reads_lines_as_other_tools_write_them(file, line, value):
    assert environment(file(f"{line}\n"))["ENV_FILE_KEY"] == value


def test_the_process_comes_before_the_file(file, monkeypatch):
    monkeypatch.setenv("ENV_FILE_KEY", "from-the-process")
    assert environment(file("ENV_FILE_KEY=from-the-file"))["ENV_FILE_KEY"] == "from-the-process"


def test_nothing_of_the_file_gets_into_the_process(file, monkeypatch):
    monkeypatch.delenv("ENV_FILE_KEY", raising=False)
    environment(file("ENV_FILE_KEY=abc"))
    assert "ENV_FILE_KEY" not in environment()


def test_a_line_of_another_form_is_named_and_not_shown(file):
    with pytest.raises(DataError, match=r"keys\.env:2: found another form, expected NAME=value") as caught:
        environment(file("A=1\nfw_secret without a name\n"))
    assert "fw_secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.env: cannot be read: No such file or directory"):
        environment(tmp_path / "none.env")
