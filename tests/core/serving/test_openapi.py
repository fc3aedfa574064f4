"""Requests made up from the server's own description find no answer that it does not describe, and no failure."""

import subprocess
import sys

import pytest


@pytest.mark.timeout(180)
def test_made_up_requests_find_no_failure(serving, key, tmp_path):
    limits = ["--phases", "fuzzing", "--max-examples", "25", "--seed", "7", "--no-color"]
    with serving("--workers", "2", "--timeout", "2", "--max-batch", "4") as served:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}/openapi.json"]
        done = subprocess.run(
            [*command, "-H", f"Authorization: Bearer {key}", *limits],
            cwd=tmp_path,  # it keeps notes where it runs
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "4 passed" in done.stdout
