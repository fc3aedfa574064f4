"""``python -m reward_kit.testing.fireworks`` as a person at a shell meets it."""

import json
import signal
import subprocess
import sys

import pytest
import requests

COMMAND = [sys.executable, "-W", "error", "-m", "reward_kit.testing.fireworks"]
MODEL = "accounts/fireworks/models/qwen3-30b-a3b"


@pytest.fixture
def serve(tmp_path):
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_serves_and_ends_well_when_told_to(serve, number):
    process, url = serve("--api-key", "fw_other", "--account", "me")
    answer = requests.get(f"{url}/verifyApiKey", headers={"Authorization": "Bearer fw_other"}, timeout=10)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)

    assert url.startswith("http://127.0.0.1:")
    assert answer.headers["x-fireworks-account-id"] == "me"
    assert (process.returncode, out, err) == (0, "", "")


def test_it_answers_from_a_file_and_misbehaves_as_told(serve, tmp_path):
    (tmp_path / "replies.jsonl").write_text(json.dumps({"prompt": "2 + 2?", "response": "<think>x</think>4"}) + "\n")
    faults = (
        "--fault-rate",
        "1",
        "--fault-kinds",
        "503, 429-retry-after",
        "--most-in-a-row",
        "1",
        "--retry-after",
        "7",
    )
    routes = ("--fault-routes", "POST *")
    _, url = serve("--replies", "replies.jsonl", "--reasoning", "split", *faults, *routes)
    body = {"model": MODEL, "messages": [{"role": "user", "content": "2 + 2?"}]}
    headers = {"Authorization": "Bearer fw_local"}
    first, second = (
        requests.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=10) for _ in range(2)
    )

    assert first.status_code in {429, 503}
    assert first.headers.get("Retry-After") == ("7" if first.status_code == 429 else None)
    assert second.json()["choices"][0]["message"] == {"role": "assistant", "content": "4", "reasoning_content": "x"}


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--replies", "absent.jsonl"], 2, "error: absent.jsonl: cannot read the recorded replies: No such file"),
        (["--fault-kinds", "418"], 2, "error: found the fault kind '418', expected one of 401"),
        (["--fault-rate", "2"], 2, "error: found the fault rate 2.0"),
        (["--model", "other"], 2, "Invalid value for '--model'"),
        (["--host", "192.0.2.1"], 3, "error: cannot listen on 192.0.2.1:0"),
    ],
)
def test_what_cannot_be_is_one_line_and_an_exit_code(tmp_path, arguments, code, complaint):
    ended = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=tmp_path, timeout=20, check=False
    )

    assert ended.returncode == code
    assert complaint in ended.stderr
    assert ended.stdout == ""


def test_a_taken_port_is_exit_code_3(fireworks):
    port = fireworks.url.rpartition(":")[2]
    ended = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=20, check=False)

    assert ended.returncode == 3
    assert ended.stderr.startswith(f"error: cannot listen on 127.0.0.1:{port}: Address already in use")


def test_the_key_is_not_shown(serve):
    process, url = serve("--api-key", "fw_secret_key")
    requests.get(url, timeout=10)
    process.terminate()
    out, err = process.communicate(timeout=10)

    assert "fw_secret_key" not in out + err + url
