"""One native sandbox for all tests of this folder."""

import pytest

from reward_kit.sandbox.native import NativeSandbox


@pytest.fixture(scope="session")
def native(sandbox):
    assert sandbox.backend == "native", "docker is what works here; the tests of this folder are of the native backend"
    own = NativeSandbox(workers=2)
    yield own
    own.close()
