"""The coding example's image, run as the README says, confines the programs that it grades: proven from inside it."""

import json
import re

import pytest

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(1200),
    pytest.mark.parametrize("image", ["coding"], indirect=True),
]

CONTAINER = """
import json, os, signal, socket
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
def tried(action):
    try:
        action()
    except OSError as error:
        return error.strerror
    return "worked"
def fork_bomb():
    children = []
    try:
        while len(children) < 1000:
            pid = os.fork()
            if pid == 0:
                signal.pause()
            children.append(pid)
    finally:
        count.append(len(children))
        for pid in children:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
def exhaust():
    pid = os.fork()
    if pid == 0:
        held = bytearray(5 << 30)
        for at in range(0, len(held), 4096):
            held[at] = 1
        os._exit(0)
    ended.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
count, ended = [], []
exhaust()
print(json.dumps({
    "user": os.getuid(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "no new privileges": status["NoNewPrivs"],
    "network interfaces": [name for _, name in socket.if_nameindex()],
    "write the system": tried(lambda: open("/usr/left", "w")),
    "write the program": tried(lambda: open("/opt/venv/left", "w")),
    "become root": tried(lambda: os.setuid(0)),
    "fork bomb": tried(fork_bomb),
    "processes": count[0],
    "5 GB": ended[0],
}))
"""
"""Looks at what the container itself holds back, before any sandbox."""

HEAD = "import ctypes, os, socket\n"
ATTACKS = {
    "connect": ("socket.create_connection(('1.1.1.1', 53), 2)", "PermissionError"),
    "loopback": ("socket.socket().bind(('127.0.0.1', 0))", "PermissionError"),
    "unix socket": ("socket.socket(socket.AF_UNIX)", "PermissionError"),
    "write /tmp": ("open('/tmp/left', 'w').write('x')", "PermissionError"),
    "write /dev/shm": ("open('/dev/shm/left', 'w').write('x')", "PermissionError"),
    "write the data set": ("open('/data/rows.jsonl', 'a').write('x')", "PermissionError"),
    "read the data set": ("open('/data/rows.jsonl').read()", "PermissionError"),
    "read /etc/passwd": ("open('/etc/passwd').read()", "PermissionError"),
    "environment of process 1": ("open('/proc/1/environ', 'rb').read()", "(PermissionError|FileNotFoundError)"),
    "environment of its parent": (
        "open(f'/proc/{os.getppid()}/environ', 'rb').read()",
        "(PermissionError|FileNotFoundError)",
    ),
    "kill its parent": ("os.kill(os.getppid(), 9)", "PermissionError"),
    "kill process 1": ("os.kill(1, 9)", "PermissionError"),
    "kill everything": ("os.kill(-1, 9)", "PermissionError"),
    "fork": ("os.fork()", "PermissionError"),
    "fork bomb": ("[os.fork() for _ in range(10_000)]", "PermissionError"),
    "run a shell": ("os.execv('/bin/sh', ['sh', '-c', 'echo reached'])", "PermissionError"),
    "trace": ("assert ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0", "AssertionError"),
    "new namespace": ("assert ctypes.CDLL(None).unshare(0x10000000) == 0", "AssertionError"),
    "memory": ("held = bytearray(3 << 30)", "memory_limit"),
    "disk": ("open('f', 'wb').write(bytes(200 << 20))", "File too large"),
    "time": ("while True: pass", "time_limit"),
    "its environment": ("print(os.environ['KEY'])", "KeyError"),
}
"""What a program tries, and how it has to end. It prints ``reached`` behind that, which is what the test expects."""
LEAVES_NOTHING = "import os\nprint('found' if os.path.exists('left') else 'clean')\nopen('left', 'w').write('x')"
WATCH = """
import json, os, subprocess, sys
def files():
    return sorted(os.path.join(folder, name) for root in ("/tmp", "/dev/shm") for folder, _, names in os.walk(root)
                  for name in names if not folder.startswith("/tmp/runs"))
def processes():
    return sorted(name for name in os.listdir("/proc") if name.isdigit())
before = files(), processes()
done = subprocess.run(
    ["reward-kit-coding", "evaluate", "--data", "/data/rows.jsonl", "--replies", "/data/replies.jsonl", "--json",
     "--output", "/tmp/runs"], stdout=subprocess.PIPE, text=True)
print(json.dumps({"report": json.loads(done.stdout), "left": [list(set(now) - set(then)) for then, now in
                  zip(before, (files(), processes()))]}))
"""


def row(name, tests):
    return {"id": name, "messages": [{"role": "user", "content": name}], "ground_truth": tests, "extra": {"timeout": 3}}


@pytest.fixture
def run(image, docker, locked_down, tmp_path):
    """Return a function that runs Python in the image, locked down, with a folder of data and a secret."""

    def run(program):
        tmp_path.chmod(0o777)
        secret = ("-e", "KEY=a-secret-that-no-program-may-see")
        mount = ("-v", f"{tmp_path}:/data")
        done = docker("run", "--rm", *locked_down, *secret, *mount, "--entrypoint", "python", image, "-c", program)
        return json.loads(done.stdout)

    return run


def test_the_container_itself_holds_back_what_its_flags_say(run):
    found = run(CONTAINER)
    assert found.pop("processes") < 256
    assert found == {
        "user": 65532,
        "capabilities": 0,
        "no new privileges": "1",
        "network interfaces": ["lo"],
        "write the system": "Read-only file system",
        "write the program": "Read-only file system",
        "become root": "Operation not permitted",
        "fork bomb": "Resource temporarily unavailable",
        "5 GB": -9,
    }


def test_the_sandbox_works_there_at_level_two_and_says_what_is_in_force(image, docker, locked_down):
    done = docker("run", "--rm", *locked_down, "--entrypoint", "reward-kit", image, "sandbox", "--json")
    found = json.loads(done.stdout)
    assert (found["backend"], found["level"], found["usable"]) == ("native", "L2", True)
    missing = {item["name"] for item in found["restrictions"] if not item["in_force"]}
    # Namespaces are what Docker's own seccomp profile refuses; the container has one user.
    assert missing == {"namespaces", "own user"}


def test_every_program_that_reaches_out_fails_and_leaves_nothing(run, tmp_path):
    programs = {name: f"{HEAD}{attack}\nprint('reached')" for name, (attack, _) in ATTACKS.items()}
    rows = [row(name, [{"input": "", "expected_output": "reached"}]) for name in programs]
    honest = {"adds": "print(sum(map(int, input().split())))", "finds no file of the case before": LEAVES_NOTHING}
    rows.append(row("adds", [{"input": "2 3", "expected_output": "5"}]))
    rows.append(row("finds no file of the case before", [{"input": "", "expected_output": "clean"}] * 2))
    replies = [
        {"id": name, "response": f"```python\n{program}\n```"} for name, program in [*programs.items(), *honest.items()]
    ]
    for name, lines in (("rows", rows), ("replies", replies)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    found = run(WATCH)

    results = {result["id"]: result for result in found["report"]["results"]}
    assert {name: results.pop(name)["score"] for name in honest} == dict.fromkeys(honest, 1.0)
    assert {result["score"] for result in results.values()} == {0.0}
    assert all(result["is_score_valid"] for result in results.values())
    ended = {name: results[name]["reason"] for name in ATTACKS}
    assert {name: text for name, text in ended.items() if not re.search(ATTACKS[name][1], text)} == {}
    assert not any("a-secret" in text for text in ended.values())
    assert found["left"] == [[], []]
    assert (tmp_path / "rows.jsonl").read_text().count("\n") == len(rows)
