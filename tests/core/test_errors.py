import pickle
from pathlib import Path

import pytest

from reward_kit import errors
from reward_kit.errors import (
    ContractError,
    DataError,
    EndpointMissingError,
    GradingError,
    MissingExtraError,
    PrerequisiteError,
    RemoteAnswerError,
    RemoteError,
    RemoteStatusError,
    RewardKitError,
    UnsuitableRowError,
    UsageError,
    require,
)

EVERY = [
    RewardKitError("m"),
    ContractError("m"),
    GradingError("m"),
    UsageError("m"),
    DataError("m", path=Path("rows.jsonl"), line=3, field="id"),
    DataError("only a problem"),
    UnsuitableRowError("proof", "'Prove that'", path="rows.jsonl", line=3),
    UnsuitableRowError("proof"),
    PrerequisiteError("m"),
    MissingExtraError("m"),
    RemoteError("m"),
    RemoteStatusError("m", 503, "body"),
    EndpointMissingError("m", 404),
    RemoteAnswerError("m"),
]


@pytest.mark.parametrize("error", EVERY, ids=repr)
def test_errors_survive_pickling_with_all_they_carry(error):
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - bytes of our own
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
    assert copy.exit_code == error.exit_code


@pytest.mark.parametrize(
    ("kind", "code", "refines"),
    [
        (ContractError, 1, RewardKitError),
        (GradingError, 1, RuntimeError),
        (UsageError, 2, ValueError),
        (DataError, 2, UsageError),
        (UnsuitableRowError, 2, DataError),
        (PrerequisiteError, 3, RuntimeError),
        (MissingExtraError, 3, ImportError),
        (RemoteError, 4, ConnectionError),
        (RemoteStatusError, 4, RemoteError),
        (EndpointMissingError, 4, RemoteStatusError),
        (RemoteAnswerError, 4, RemoteError),
    ],
)
def test_each_error_has_its_exit_code_and_refines_one_that_users_catch(kind, code, refines):
    assert kind.exit_code == code
    assert issubclass(kind, refines)
    assert issubclass(kind, RewardKitError)


def test_every_error_is_public_and_drawn_in_the_tree():
    kinds = [
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, RewardKitError)
    ]
    assert {*kinds, "require"} == set(errors.__all__)
    assert all(name in errors.__doc__ for name in kinds)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DataError("bad", path="rows.jsonl", line=3, field="id"), "rows.jsonl:3: id: bad"),
        (DataError("bad", path="rows.jsonl"), "rows.jsonl: bad"),
        (DataError("bad", field="id"), "id: bad"),
        (DataError("bad"), "bad"),
    ],
)
def test_a_data_error_says_where(error, text):
    assert str(error) == text


def test_a_missing_extra_is_named_with_the_command_that_brings_it():
    with pytest.raises(MissingExtraError) as raised:
        require("hub", "json", "no_such_module_a", "no_such_module_b")
    assert str(raised.value) == (
        "'no_such_module_a', 'no_such_module_b' not installed; this needs the extra 'hub': "
        "pip install 'reward-kit-core[hub]'"
    )
    require("hub", "json")
