"""What ``preview`` and ``regenerate`` of every example keep, against a local Fireworks that behaves like the real one.

The commands are run as a user runs them: as programs, over real HTTP, with real faults.
"""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest

from reward_kit.clients.fireworks import connect
from reward_kit.clients.fireworks_secrets import put_secret
from reward_kit.data import read_samples
from reward_kit.testing.fireworks import TRANSIENT_FAULTS, Faults, FireworksServer

pytestmark = pytest.mark.api

SECRET = "fw_AVerySecretKey0123456789"  # noqa: S105 - the key of the local server
CHAT = "*chat/completions"
PREVIEW = "*previewEvaluator"


@pytest.fixture
def data(example):
    return Path(str(files(example.package) / "data" / "dataset.jsonl"))


@pytest.fixture
def samples(data):
    return list(read_samples(data))


@pytest.fixture
def server(samples):
    """A local Fireworks that knows a right answer to every row."""
    replies = [{"prompt": sample.messages[-1].text, "response": sample.reference} for sample in samples]
    with FireworksServer(api_key=SECRET, replies=replies) as server:
        yield server
    assert server.unexpected == []


class Program:
    """An example's command line in a folder of its own, with no more of the environment than it needs."""

    def __init__(self, name, folder, server):
        self.name = name
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(folder / "site"),
            "FIREWORKS_API_KEY": SECRET,
            "FIREWORKS_API_BASE": server.url,
        }

    def start(self, *arguments):
        script = Path(sys.executable).with_name("reward-kit")
        return subprocess.Popen(
            [script, self.name, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert SECRET not in out + err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def program(example, tmp_path, server, service):
    """Return the example's program; the service that it asks, if any, is in its environment and in the account."""
    program = Program(example.name, tmp_path, server)
    program.environment |= service
    with connect(base_url=server.url, api_key=SECRET, account_id=server.account_id) as client:
        for name, value in service.items():
            put_secret(client, name, value)
    server.forget()
    return program


def chats(server):
    return [request for request in server.requests if request.path.endswith("/chat/completions")]


def rows_of(path):
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def one_line(err):
    """Return the last line of what a person is told, which is the error."""
    assert "Traceback" not in err
    *_, last = err.strip().splitlines()
    assert last.startswith("error: ")
    return last


# --- preview


def test_preview_gives_every_row_the_score_that_it_has_here(program, server, samples):
    done = program.run("preview")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["row", "local", "remote"]
    assert lines[1].split() == [samples[0].id, "1.0000", "1.0000", "equal"]
    count = min(len(samples), 100)
    assert lines[-1] == f"{count}/{count} equal"
    sent = [len(request.json["sampleData"]) for request in server.requests if "preview" in request.path]
    assert sum(sent) == count
    assert max(sent) <= 20


def test_preview_of_wrong_replies_is_equal_too(program, samples, tmp_path):
    replies = [{"id": sample.id, "response": "I don't know."} for sample in samples]
    (tmp_path / "replies.jsonl").write_text("".join(json.dumps(reply) + "\n" for reply in replies))
    done = program.run("preview", "--replies", "replies.jsonl", "--samples", 5, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (told["rows"], told["equal"], told["differ"], told["failed"]) == (5, 5, 0, 0)
    assert [(row["local"], row["remote"]) for row in told["results"]] == [(0.0, 0.0)] * 5


def test_preview_sends_the_sources_that_the_reward_needs_and_no_key(program, server, example, service):
    program.run("preview", "--samples", 1)
    (evaluator,) = [request.json["evaluator"] for request in server.requests if "preview" in request.path]
    (criterion,) = evaluator["criteria"]
    sent = criterion["codeSnippets"]["fileContents"]
    assert {"main.py", "reward_kit/__init__.py", "reward_kit/models.py"} <= set(sent)
    assert not any(name.startswith("reward_kit/cli/") for name in sent)
    assert example.service is not None or not any(name.startswith("reward_kit/clients/") for name in sent)
    assert not any(secret in json.dumps(sent) for secret in (SECRET, *service.values()))
    assert evaluator["requirements"].startswith("pydantic")


def test_preview_gets_over_faults(program, server):
    server.faults = Faults(script={PREVIEW: ["503", "cut-mid-body", "wrong-content-type", "429-retry-after-ms", None]})
    done = program.run("preview", "--samples", 3)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "3/3 equal")


TOY = """
import os
from pathlib import Path
from reward_kit import EvaluateResult, Example, HubSource, reward_function

{above}

@reward_function
def reward(messages, *, ground_truth, **kwargs):
    score = {score}
    return EvaluateResult(score=score, reason="a toy")

example = Example(
    name="toy", package="toy_example", summary="A toy.", row=None, system_prompt="", reward=reward,
    source=HubSource(repo="ours/toy", split="train", revision="0" * 40, licence="MIT"),
)
"""


@pytest.fixture
def toy(tmp_path, server):
    """Install an example whose reward is the given expression, and return its command line."""

    def install(score, above=""):
        package = tmp_path / "site" / "toy_example"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text(TOY.format(score=score, above=above))
        (package / "threshold.txt").write_text("0.5")
        sample = {"messages": [{"role": "user", "content": "2 + 2?"}], "ground_truth": "4", "reference": "4"}
        lines = [json.dumps({"id": f"row-{number}", **sample}) + "\n" for number in range(3)]
        (package / "data" / "dataset.jsonl").write_text("".join(lines))
        about = tmp_path / "site" / "toy_example-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-example\nVersion: 1\n")
        (about / "entry_points.txt").write_text("[reward_kit.examples]\ntoy = toy_example:example\n")
        return Program("toy", tmp_path, server)

    return install


READS_A_FILE = "float(Path(__file__).with_name('threshold.txt').read_text())"


def test_preview_of_an_evaluator_that_fails_there_ends_with_1_and_its_traceback(toy):
    done = toy(READS_A_FILE).run("preview")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].split() == ["row-0", "0.5000", "-", "FAILED"]
    assert "row-0 and 2 more failed at the service:\nTraceback (most recent call last):\n" in done.stdout
    assert 'toy_example/__init__.py", line' in done.stdout
    assert "FileNotFoundError: [Errno 2] No such file or directory" in done.stdout
    assert done.stdout.splitlines()[-1] == "0/3 equal"


def test_preview_of_an_evaluator_that_cannot_be_imported_there_ends_with_1_and_its_traceback(toy):
    done = toy("1.0", above=f"LIMIT = {READS_A_FILE}").run("preview")
    assert done.returncode == 1
    assert "the service refuses the evaluator:\nthe evaluator cannot be imported: Traceback" in done.stderr
    assert "\nFileNotFoundError: [Errno 2] No such file or directory" in done.stderr


def test_preview_of_an_evaluator_that_scores_otherwise_there_ends_with_1(toy):
    program = toy("float(os.environ.get('TOY_SCORE', '0.25'))")
    program.environment["TOY_SCORE"] = "0.75"
    done = program.run("preview")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].split() == ["row-0", "0.7500", "0.2500", "DIFFERS"]
    assert done.stdout.splitlines()[-1] == "0/3 equal"


def test_preview_of_a_reward_that_does_not_decide_here_is_not_equal(toy):
    done = toy("EvaluateResult.not_graded('cannot tell') and 1 / 0").run("preview", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert (told["equal"], told["failed"]) == (0, 3)
    assert told["results"][0]["local_error"] == "ZeroDivisionError: division by zero"
    assert "ZeroDivisionError: division by zero" in told["results"][0]["remote_error"]


@pytest.mark.parametrize("verb", ["preview", "regenerate"])
def test_without_a_key_nothing_is_asked_and_one_line_names_the_variable(program, server, verb):
    del program.environment["FIREWORKS_API_KEY"]
    done = program.run(verb)
    assert (done.returncode, done.stdout, server.requests) == (3, "", [])
    assert "Set FIREWORKS_API_KEY, or write 'api_key = …' into ~/.fireworks/auth.ini" in one_line(done.stderr)
    assert len(done.stderr.splitlines()) == 1


def test_the_key_can_come_from_a_file(program, tmp_path):
    del program.environment["FIREWORKS_API_KEY"]
    (tmp_path / "keys.env").write_text(f"# keys\nexport FIREWORKS_API_KEY='{SECRET}'  \n")
    assert program.run("preview", "--samples", 1, "--env-file", "keys.env").returncode == 0


def test_a_wrong_key_is_told_by_the_name_of_its_variable(program):
    program.environment["FIREWORKS_API_KEY"] = "fw_AnotherSecretKey9876543210"
    done = program.run("preview")
    assert done.returncode == 4
    assert "answered 401" in one_line(done.stderr)
    assert "check FIREWORKS_API_KEY: it is wrong or no longer valid" in done.stderr
    assert "fw_Another" not in done.stderr


def test_a_key_that_is_not_an_admins_is_told_as_that(program, server):
    server.faults = Faults(script={PREVIEW: "403"})
    done = program.run("preview", "--samples", 1)
    assert done.returncode == 4
    assert "this needs the key of an account admin; FIREWORKS_API_KEY is not one" in one_line(done.stderr)


def test_a_service_without_previews_is_told_with_the_alternative(program, server):
    server.faults = Faults(script={PREVIEW: "404"})
    done = program.run("preview")
    assert (done.returncode, done.stdout) == (4, "")
    assert "this service has no previewEvaluator; `evaluate` grades the same rows" in one_line(done.stderr)


# --- regenerate


def test_regenerate_asks_for_every_row_and_grades_what_comes_back(program, server, example, samples, tmp_path):
    done = program.run("regenerate")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"{len(samples)}/{len(samples)} passed (100.0 %)"
    assert [row["id"] for row in rows_of(tmp_path / "runs" / f"{example.name}-replies.jsonl")] == [
        sample.id for sample in samples
    ]
    body = chats(server)[0].json
    assert chats(server)[0].path == "/inference/v1/chat/completions"
    assert (body["model"], body["temperature"]) == (example.generation.model, example.generation.temperature)
    assert body["messages"][0] == {"role": "system", "content": example.system_prompt}
    (run,) = (tmp_path / "runs").glob("*/results.jsonl")
    assert len(rows_of(run)) == len(samples)


def test_regenerate_loses_nothing_when_a_third_of_the_answers_are_faults(program, server, samples, tmp_path):
    server.faults = Faults(rate=0.3, kinds=TRANSIENT_FAULTS, seed=3, delay=0.1, retry_after=0.2)
    done = program.run("regenerate", "--output", "replies.jsonl", "--no-cache", "--concurrency", 16)
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in rows_of(tmp_path / "replies.jsonl")] == [sample.id for sample in samples]
    assert done.stdout.splitlines()[0] == f"{len(samples)}/{len(samples)} passed (100.0 %)"
    struck = {request.fault for request in server.requests if request.fault}
    assert len(struck) > 10
    assert sum(request.fault is not None for request in server.requests) > len(samples) / 5


def test_regenerate_waits_as_long_as_it_is_asked_to(program, server):
    server.faults = Faults(script={CHAT: ["429-retry-after", None]}, retry_after=3.0)
    began = time.monotonic()
    done = program.run("regenerate", "--limit", 1)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began >= 3.0
    assert [request.fault for request in chats(server)] == ["429-retry-after", None]


def test_regenerate_has_no_more_requests_under_way_than_it_is_allowed(program, server):
    server.faults = Faults(rate=1.0, kinds=("slow",), delay=0.05)
    done = program.run("regenerate", "--concurrency", 3, "--limit", 24)
    assert done.returncode == 0, done.stderr
    assert server.most_in_flight == 3


def test_regenerate_asks_nobody_for_what_the_cache_has(program, server, tmp_path):
    program.run("regenerate", "--output", "one.jsonl", "--limit", 10)
    server.forget()
    done = program.run("regenerate", "--output", "two.jsonl", "--limit", 10, "--json")
    assert server.requests == []
    assert json.loads(done.stdout)["generation"]["cached"] == 10
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_regenerate_asks_again_without_the_cache(program, server, tmp_path):
    for name in ("one.jsonl", "two.jsonl"):
        program.run("regenerate", "--output", name, "--limit", 4, "--no-cache")
    assert len(chats(server)) == 8
    assert not (tmp_path / ".reward_kit_cache").exists()


def test_regenerate_goes_on_after_kill_9_as_if_nothing_had_happened(program, server, samples, tmp_path):
    program.run("regenerate", "--output", "undisturbed.jsonl", "--no-cache")
    server.forget()
    server.faults = Faults(rate=1.0, kinds=("slow",), delay=0.05)
    arguments = ("regenerate", "--output", "killed.jsonl", "--no-cache", "--concurrency", 4)
    process = program.start(*arguments)
    wait_until(lambda: (tmp_path / "killed.jsonl").exists() and len(rows_of(tmp_path / "killed.jsonl")) > 20)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = (tmp_path / "killed.jsonl").read_bytes().count(b"\n")
    assert 0 < kept < len(samples)
    done = program.run(*arguments)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "killed.jsonl").read_bytes() == (tmp_path / "undisturbed.jsonl").read_bytes()
    assert len(chats(server)) <= len(samples) + 4


def test_regenerate_ends_at_once_on_an_interruption_and_keeps_what_came(program, server, tmp_path):
    server.faults = Faults(rate=1.0, kinds=("slow",), delay=1.0)
    process = program.start("regenerate", "--output", "replies.jsonl", "--concurrency", 2)
    wait_until(lambda: len(chats(server)) >= 3)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 0.9
    assert (process.returncode, out) == (130, "")
    assert one_line(err).startswith("error: interrupted; what was written is kept")
    assert rows_of(tmp_path / "replies.jsonl")


def test_regenerate_does_not_go_on_with_other_settings(program):
    program.run("regenerate", "--output", "replies.jsonl", "--limit", 2)
    done = program.run("regenerate", "--output", "replies.jsonl", "--limit", 2, "--temperature", 0.9)
    assert done.returncode == 2
    assert "was asked for otherwise" in one_line(done.stderr)


@pytest.fixture
def forgetful(samples):
    """A local Fireworks that knows all rows but two, and of the third only how it begins."""
    replies = [{"prompt": sample.messages[-1].text, "response": sample.reference} for sample in samples[2:]]
    replies[0] = {**replies[0], "response": "<think>\nLet me see, first", "finished": False}
    with FireworksServer(api_key=SECRET, replies=replies) as server:
        yield server


def test_rows_without_an_answer_are_told_and_counted_as_not_graded(program, forgetful, samples, tmp_path):
    program.environment["FIREWORKS_API_BASE"] = forgetful.url
    done = program.run("regenerate", "--output", "replies.jsonl", "--limit", 12, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 4
    assert (told["rows"], told["passed"], told["not_graded"]) == (12, 9, 2)
    assert [failure["id"] for failure in told["generation"]["failures"]] == [samples[0].id, samples[1].id]
    assert f"no reply to {samples[0].id}: POST {forgetful.url}" in done.stderr
    assert "2 rows have no reply; the same command asks for them again" in done.stderr
    assert [row["id"] for row in rows_of(tmp_path / "replies.jsonl")] == [sample.id for sample in samples[2:12]]


def test_a_reply_that_was_cut_off_is_told_apart_from_a_wrong_one(program, forgetful, samples, tmp_path):
    (tmp_path / "data.jsonl").write_text("".join(f"{sample.model_dump_json()}\n" for sample in samples[2:8]))
    program.environment["FIREWORKS_API_BASE"] = forgetful.url
    done = program.run("regenerate", "--data", "data.jsonl", "--output", "replies.jsonl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "5/6 passed (83.3 %), 1 cut off"
    assert f"{samples[2].id}  0  (cut off)" in done.stdout


def test_thinking_apart_from_the_answer_is_graded_like_thinking_inline(program, samples, tmp_path):
    thoughts = "<think>\nIs it 123456789?\n</think>\n\n"
    replies = [{"prompt": sample.messages[-1].text, "response": thoughts + sample.reference} for sample in samples]
    headlines = []
    for reasoning in ("inline", "split"):
        with FireworksServer(api_key=SECRET, replies=replies, reasoning=reasoning) as server:
            program.environment["FIREWORKS_API_BASE"] = server.url
            done = program.run("regenerate", "--output", f"{reasoning}.jsonl", "--limit", 10)
            headlines.append(done.stdout.splitlines()[0])
    assert headlines == ["10/10 passed (100.0 %)"] * 2
    assert rows_of(tmp_path / "split.jsonl")[0]["message"]["reasoning_content"] == "Is it 123456789?"
    assert rows_of(tmp_path / "inline.jsonl")[0]["message"]["content"].startswith("<think>")


def test_replay_grades_recorded_replies_without_a_key_and_without_asking(program, server, samples, tmp_path):
    del program.environment["FIREWORKS_API_KEY"]
    replies = [{"id": sample.id, "response": sample.reference} for sample in samples]
    replies[0] = {**replies[0], "response": "cut", "finished": False}
    (tmp_path / "recorded.jsonl").write_text("".join(json.dumps(reply) + "\n" for reply in replies))
    done = program.run("regenerate", "--replay", "recorded.jsonl")
    assert (done.returncode, server.requests) == (0, [])
    rate = 100 * (len(samples) - 1) / len(samples)
    assert done.stdout.splitlines()[0] == f"{len(samples) - 1}/{len(samples)} passed ({rate:.1f} %), 1 cut off"


def test_the_key_of_fireworks_goes_to_no_other_endpoint(program, server):
    del program.environment["FIREWORKS_API_BASE"]
    done = program.run("regenerate", "--base-url", f"{server.url}/v1", "--limit", 1)
    assert done.returncode == 4
    assert "it wants a key; name one" in one_line(done.stderr)
    assert "authorization" not in chats(server)[0].headers


def test_another_endpoint_gets_the_key_that_is_named_for_it(program, server):
    del program.environment["FIREWORKS_API_BASE"], program.environment["FIREWORKS_API_KEY"]
    program.environment["MY_KEY"] = SECRET
    asked = ("regenerate", "--base-url", f"{server.url}/v1", "--limit", 1)
    assert program.run(*asked, "--api-key-env", "MY_KEY").returncode == 0
    done = program.run(*asked, "--api-key-env", "NO_SUCH_KEY")
    assert done.returncode == 3
    assert "the variable 'NO_SUCH_KEY' is not set" in one_line(done.stderr)


def test_a_model_that_is_not_there_ends_the_run_at_once(program, server):
    done = program.run("regenerate", "--model", "accounts/fireworks/models/none")
    assert done.returncode == 4
    assert "check the model's name 'accounts/fireworks/models/none'" in one_line(done.stderr)
    assert len(chats(server)) <= 16


def test_no_file_that_is_written_holds_the_key(program, tmp_path):
    program.run("regenerate", "--limit", 3)
    program.run("preview", "--samples", 3)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
