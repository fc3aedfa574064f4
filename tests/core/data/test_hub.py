"""``prepare`` from a hub: the real ``datasets`` library against a local server that answers as the hub does."""

import hashlib
import http.server
import json
import threading
import tomllib

import pytest

pytest.importorskip("datasets", reason="the extra 'hub' is not installed")

REVISION = "0" * 40
FILE = "train.jsonl"
DATA = "".join(
    json.dumps({"question": f"{number} + 1", "answer": str(number + 1)}) + "\n" for number in range(9)
).encode()


class _Hub(http.server.ThreadingHTTPServer):
    """Has one data set with one file. ``faults`` are taken one per download of it: a status, or "cut"."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = None
        """Answered to every request."""
        self.faults = []
        self.data = DATA
        self.token = None
        """The terms of a gated data set: only who sends this token may read it."""
        self.requests = []


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.server.requests.append((self.command, self.path))
        path = self.path.partition("?")[0]
        folder = f"/datasets/ours/toy/resolve/{REVISION}/"
        if self.server.status is not None:
            self._answer(self.server.status)
        elif self.server.token and self.headers["Authorization"] != f"Bearer {self.server.token}":
            self._answer(403, headers={"X-Error-Code": "GatedRepo"})
        elif path == folder + FILE:
            self._answer_file()
        elif path.startswith((folder, f"/api/datasets/ours/toy/tree/{REVISION}/")):
            self._answer(404, headers={"X-Error-Code": "EntryNotFound", "X-Repo-Commit": REVISION})
        elif path == f"/api/datasets/ours/toy/revision/{REVISION}":
            self._answer_json({"id": "ours/toy", "sha": REVISION, "siblings": [{"rfilename": FILE}], "private": False})
        elif path == f"/api/datasets/ours/toy/tree/{REVISION}":
            self._answer_json([{"type": "file", "path": FILE, "size": len(self.server.data), "oid": "a" * 40}])
        else:
            self._answer(404)

    def _answer_file(self):
        fault = self.server.faults.pop(0) if self.server.faults and self.command == "GET" else None
        if isinstance(fault, int):
            self._answer(fault)
        else:
            data = self.server.data
            etag = f'"{hashlib.sha256(data).hexdigest()}"'
            self._answer(200, data, {"ETag": etag, "X-Repo-Commit": REVISION}, cut=fault == "cut")

    def _answer_json(self, value):
        self._answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _answer(self, status, body=b"", headers=None, *, cut=False):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(toy, tmp_path):
    with _Hub() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        toy.environment.update(HF_ENDPOINT=url, HF_HOME=str(tmp_path / "hf"), HF_HUB_DISABLE_TELEMETRY="1")
        yield server
        server.shutdown()


def test_the_split_of_the_example_is_downloaded_at_its_commit(hub, toy):
    done = toy.run("prepare", "--output", "data.jsonl")
    assert (done.returncode, done.stdout) == (0, "3 rows in data.jsonl\n")
    assert [json.loads(line)["ground_truth"] for line in (toy.folder / "data.jsonl").read_text().splitlines()] == [
        "1",
        "2",
        "3",
    ]
    provenance = tomllib.loads((toy.folder / "data.source.toml").read_text())
    assert (provenance["origin"], provenance["revision"], provenance["rows"]) == ("hub: ours/toy", REVISION, 3)
    assert all(REVISION in path for _, path in hub.requests if "ours/toy" in path)


def test_another_split_can_be_asked_for_and_nothing_is_downloaded_twice(hub, toy):
    assert toy.run("prepare", "--split", "train", "--output", "data.jsonl").stdout == "9 rows in data.jsonl\n"
    assert toy.run("prepare", "--split", "train[5:7]", "--output", "data.jsonl").stdout == "2 rows in data.jsonl\n"
    downloads = [path for command, path in hub.requests if command == "GET" and path.endswith(FILE)]
    assert len(downloads) == 1


def test_a_download_that_is_cut_or_refused_for_a_moment_is_tried_again(hub, toy):
    hub.faults = ["cut", 503]
    done = toy.run("prepare", "--output", "data.jsonl")
    assert (done.returncode, done.stdout) == (0, "3 rows in data.jsonl\n")
    assert hub.faults == []


def test_offline_is_a_missing_prerequisite_and_names_the_way_without_the_hub(toy, tmp_path):
    toy.environment.update(HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "hf"))
    done = toy.run("prepare")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == (
        "error: cannot reach the hub for 'ours/toy'; connect this machine to it, "
        "or pass `--source PATH` with a file or folder that holds it"
    )
    assert list(toy.folder.iterdir()) == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_hub_that_refuses_is_a_remote_failure_that_names_the_token(hub, toy, status):
    hub.status = status
    done = toy.run("prepare")
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1] == (
        f"error: the hub answered {status} for 'ours/toy'; check its name, accept its terms on the hub where it has "
        "any, set HF_TOKEN to a token that may read it, or pass `--source PATH` with a file or folder that holds it"
    )


XLAM = {
    "id": 7,
    "query": "Weather in Paris?",
    "answers": json.dumps([{"name": "weather", "arguments": {"city": "Paris", "days": 3}}]),
    "tools": json.dumps(
        [{"name": "weather", "description": "", "parameters": {"city": {"type": "str"}, "days": {"type": "int"}}}]
    ),
}


def test_a_gated_set_of_function_calls_is_prepared_with_the_token_of_the_environment(hub, toy):
    spec = toy.site / "toy_example" / "__init__.py"
    spec.write_text(spec.read_text(encoding="utf-8") + CALLS, encoding="utf-8")
    hub.data = (json.dumps(XLAM) + "\n").encode()
    hub.token = "t" * 20
    refused = toy.run("prepare", "--source", "hub")
    assert refused.returncode == 4
    assert "the hub does not let 'ours/toy' be read (Dataset 'ours/toy' is a gated dataset" in refused.stderr
    assert "set HF_TOKEN to a token that may read it, or pass `--source PATH`" in refused.stderr
    asked = len(hub.requests)

    assert asked < 10  # a refusal does not pass by itself

    toy.environment["HF_TOKEN"] = hub.token
    done = toy.run("prepare", "--source", "hub", "--output", "data.jsonl")
    assert (done.returncode, done.stdout) == (0, "1 rows in data.jsonl\n")
    assert hub.token not in done.stderr
    row = json.loads((toy.folder / "data.jsonl").read_text())
    assert (row["id"], json.loads(row["tools"])[0]["function"]["parameters"]["required"]) == (
        "xlam-7",
        ["city", "days"],
    )
    assert toy.run("evaluate", "--data", "data.jsonl").returncode == 0


CALLS = """
import dataclasses

from reward_kit.rewards.function_calling import composite_function_call_reward
from reward_kit.rewards.function_calling.rows import function_calling_row

example = dataclasses.replace(example, row=function_calling_row, reward=composite_function_call_reward)
"""


def test_a_split_that_the_data_set_does_not_have_is_a_usage_error(hub, toy):
    assert hub.status is None
    done = toy.run("prepare", "--split", "validation")
    assert done.returncode == 2
    assert "found split 'validation'" in done.stderr
    assert "train" in done.stderr.splitlines()[-1].partition("validation")[2]
