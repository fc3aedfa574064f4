"""One native sandbox for all tests of this folder."""

import pytest

from reward_kit.sandbox import IsolationUnavailableError
from reward_kit.sandbox.native import NativeSandbox


@pytest.fixture(scope="session")
def native():
    try:
        sandbox = NativeSandbox(workers=2)
    except IsolationUnavailableError as error:
        pytest.skip(f"no native sandbox: {error}")
    yield sandbox
    sandbox.close()
