"""Where keys are found, and that no message shows one."""

import pytest

from reward_kit.clients.credentials import ApiKey, api_key_from, fireworks_account_id, fireworks_api_key, redact
from reward_kit.errors import PrerequisiteError


@pytest.fixture
def auth_file(tmp_path):
    def write(text):
        (tmp_path / ".fireworks").mkdir(exist_ok=True)
        (tmp_path / ".fireworks" / "auth.ini").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_the_environment_comes_before_the_file(auth_file):
    home = auth_file("api_key = from-file\naccount_id = file-account\n")
    environment = {"FIREWORKS_API_KEY": "from-environment", "FIREWORKS_ACCOUNT_ID": "environment-account"}
    assert fireworks_api_key(environment, home).value == "from-environment"
    assert fireworks_account_id(environment, home) == "environment-account"


@pytest.mark.parametrize(
    "text",
    [
        "api_key = right\naccount_id = acme\n",
        "# a comment\n\napi_key=right\naccount_id=acme\n",
        "[fireworks]\napi_key = right\naccount_id = acme\n",
        "[DEFAULT]\napi_key = right\naccount_id = acme\n",
        "[default]\napi_key = right\naccount_id = acme\n",
        "api_key = right\naccount_id = acme\n[fireworks]\napi_key = wrong\naccount_id = wrong\n",
        "[DEFAULT]\napi_key = wrong\naccount_id = wrong\n[fireworks]\napi_key = right\naccount_id = acme\n",
        'api_key = "right"\naccount_id = acme\n',
        "a line that means nothing\napi_key = right\naccount_id = acme\n",
    ],
)
def test_reads_the_file_in_every_form_that_was_ever_written(auth_file, text):
    home = auth_file(text)
    assert fireworks_api_key({}, home).value == "right"
    assert fireworks_account_id({}, home) == "acme"


def test_a_key_may_hold_percent_signs(auth_file):
    assert fireworks_api_key({}, auth_file("api_key = a%b%%c\n")).value == "a%b%%c"


def test_no_file_and_no_variable_is_no_key(tmp_path):
    assert fireworks_api_key({"FIREWORKS_API_KEY": "  "}, tmp_path) is None
    assert fireworks_account_id({}, tmp_path) is None


def test_an_unreadable_file_is_named_and_not_quoted(auth_file):
    home = auth_file("")
    (home / ".fireworks" / "auth.ini").write_bytes(b"api_key = secret\xff\n")
    with pytest.raises(PrerequisiteError, match=r"auth\.ini") as caught:
        fireworks_api_key({}, home)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["two words", "new\nline", "schlüssel", "\u200bkey"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(value):
    with pytest.raises(PrerequisiteError) as caught:
        api_key_from({"MY_KEY": value}, "MY_KEY")
    assert str(caught.value).startswith("MY_KEY holds no usable key: expected printable ASCII without spaces")
    assert value not in str(caught.value)


def test_a_key_is_not_in_its_repr():
    assert "hunter22" not in repr(ApiKey(value="hunter22", name="MY_KEY"))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("the key my-own-key is wrong", "the key [redacted] is wrong"),
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer [redacted]"),
        ("at https://user:pass@host/path", "at https://host/path"),
        ("GET /x?api_key=abc&y=1", "GET /x?api_key=[redacted]&y=1"),
        ("fw_0123456789abcdefghij", "[redacted]"),
        ("sk-proj-0123456789abcdefghij", "[redacted]"),
        ("nothing to hide in https://host/a@b", "nothing to hide in https://host/a@b"),
    ],
)
def test_redacts_keys_and_what_looks_like_one(text, clean):
    assert redact(text, ApiKey(value="my-own-key", name="MY_KEY"), None) == clean
