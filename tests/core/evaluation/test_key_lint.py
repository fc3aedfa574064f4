"""Keys that are written into sources are found by their shape and by their name; what only looks a little so is not."""

from pathlib import Path

import pytest

import reward_kit
from reward_kit.errors import UsageError
from reward_kit.evaluation.key_lint import refuse_keys, written_keys

HEX = "a8f5f167f44f4964e6c998dee827110c"
TEXT = "r4ZkP0q8Vb2mXy7LtQ9sWcNd"


@pytest.mark.parametrize(
    "line",
    [
        f"API_KEY = '{TEXT}'",
        f"api_key: str = '{HEX}'",
        f"self.token = '{HEX}'",
        f"settings['secret'] = '{TEXT}'",
        f"call(password=b'{TEXT}')",
        f"headers = {{'Authorization': 'Bearer {HEX}'}}",
        f"headers = {{'X-Api-Key': '{HEX}'}}",
        f"key = os.environ.get('VALIDATOR_KEY', '{TEXT}')",
        f"def ask(url, apiKey='{HEX}'): ...",
        f"def ask(url, *, client_secret='{TEXT}'): ...",
        f"if (token := '{TEXT}'): ...",
    ],
)
def test_a_random_text_with_the_name_of_a_key_is_found(line):
    (found,) = written_keys({"a.py": f"import os\n{line}\n"})
    assert (found.file, found.line) == ("a.py", 2)
    assert found.name


@pytest.mark.parametrize(
    "line",
    [
        "API_KEY = 'VALIDATOR_KEY'",
        "api_key = 'your-api-key-goes-here'",
        "token = '<|reserved_special_token_12|>'",
        "eos_token = 'reserved_special_token_12'",
        "cache_key = 'sha256-of-the-content'",
        "password = 'short1'",
        "secret = '0000000000000000000000a1'",
        "key_env = 'a8f5f167f44f4964e6c998dee827110c'",
        "revision = '740312add88f781978c0658806c59bc2815b9866'",
        "token = read(path)",
        "key = f'{a}-{b}'",
    ],
)
def test_another_text_is_not(line):
    assert list(written_keys({"a.py": line})) == []


def test_the_shape_of_a_known_key_is_found_in_any_file_and_without_a_name():
    (found,) = written_keys({"notes.txt": "one\nfw_0123456789abcdefghij\n"})
    assert (found.line, found.name) == (2, "")


def test_a_secret_that_is_given_is_found_wherever_it_stands():
    (found,) = written_keys({"a.py": "x = 'all of: open sesame please'"}, ["open sesame"])
    assert found.line == 1


def test_a_source_that_is_not_python_is_searched_by_shape_only():
    assert list(written_keys({"a.py": f"token = = '{TEXT}'"})) == []


def test_a_key_is_refused_by_its_place_and_not_shown():
    with pytest.raises(UsageError, match=r"^a\.py:1 holds what looks like a key \(by the name 'TOKEN'\); ") as caught:
        refuse_keys({"a.py": f"TOKEN = '{TEXT}'"})
    assert TEXT not in str(caught.value)


def test_the_sources_of_reward_kit_hold_none():
    root = Path(reward_kit.__file__).parent
    assert list(written_keys({str(path): path.read_text() for path in root.rglob("*.py")})) == []
