"""Grade a folder of hostile and honest programs, and look for evidence that one of them got anywhere.

To be run inside a bounded container, which ``test_attack_catalogue.py`` does. Arguments: the folder, the level that is
expected, restrictions to leave off. Prints one JSON object; every list in it but ``honest_passed`` must be empty.
"""

import json
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

LOOT = Path("/loot")
CANARIES = ("/proj/dataset.jsonl", "/proj/grader.py", "/proj/canary.txt", "/tmp/other_submission.py")
PAIRS = [(7_700_000_000, 77_123_456), (7_770_000_000, 7_654_321), (7_777_000_000, 111_222)]


def main() -> None:
    folder, level, *without = sys.argv[1:]
    os.environ["FIREWORKS_API_KEY"] = "canary-key-7777000000"
    for path in CANARIES:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("canary 7777123456\n")
    secret = Path.home() / ".fireworks"
    if os.access(Path.home(), os.W_OK):
        secret.write_text("api_key = canary\n")
    listeners = _listen()

    from reward_kit.sandbox.native import NativeSandbox

    before = _files()
    sandbox = NativeSandbox(workers=1, without=without)
    sandbox.run(_program("print(1)"))
    report = {
        "level": sandbox.level, "wrong_level": [] if sandbox.level == level else [sandbox.level],
        "cheated": [], "not_graded": [], "evidence": [], "left_over": [], "honest_failed": [], "honest_passed": [],
        "grader_hurt": [], "slow": [],
    }  # fmt: skip
    processes = _processes()
    for path in sorted(Path(folder).glob("*.py")):
        _attack(path, sandbox, report)
        if _processes() - processes:
            report["left_over"].append(f"{path.stem}: processes")
        probe = sandbox.run(_program("print(6 * 7)"))
        if probe.stdout != "42\n":
            report["grader_hurt"].append(f"{path.stem}: {probe.status} {probe.detail}")
    for path in sorted(Path(folder, "honest").glob("*.py")):
        _honest(path, sandbox, report)
    sandbox.close()
    report["left_over"] += sorted(_files() - before - {f"/loot/{name}" for name in os.listdir(LOOT)})
    report["evidence"] += [f"{name}: in /loot" for name in os.listdir(LOOT)]
    report["evidence"] += [path for path in CANARIES if Path(path).read_text() != "canary 7777123456\n"]
    report["evidence"] += [name for name, listener in listeners.items() if _was_reached(listener)]
    print(json.dumps(report))


def _program(source):
    from reward_kit.sandbox import Program

    return Program(source=source)


def _attack(path, sandbox, report):
    from reward_kit.sandbox import Limits, SandboxError

    source = path.read_text("utf-8", "surrogateescape")
    began = time.monotonic()
    for form, share in (("stdio", False), ("stdio", True), ("function", True), ("asserts", True)):
        try:
            result = _grade(source, form, share, sandbox)
        except SystemExit:
            result = None
        if result is None or not result.is_score_valid:
            report["not_graded"].append(f"{path.stem} {form}: {result and result.error}")
        elif result.score != 0.0:
            report["cheated"].append(f"{path.stem} {form}: {result.reason}")
    try:
        outcome = sandbox.run(_program(source), stdin="7700000000 77123456\n", limits=Limits(seconds=2))
    except SandboxError as error:
        report["not_graded"].append(f"{path.stem} run: {error}")
    else:
        if "LOOT:" in outcome.stdout:
            report["evidence"].append(f"{path.stem}: {outcome.stdout[:200]}")
    if time.monotonic() - began > 60:
        report["slow"].append(f"{path.stem}: {time.monotonic() - began:.0f} s")


def _honest(path, sandbox, report):
    text = path.read_text()
    parts = re.split(r"^# ---(stdio|fn)---\n", text, flags=re.MULTILINE)
    for kind, source in zip(parts[1::2], parts[2::2], strict=True):
        form = "stdio" if kind == "stdio" else "function"
        for share in (False, True):
            result = _grade(source, form, share, sandbox)
            name = f"{path.stem} {kind}{' shared' if share else ''}"
            if result.score == 1.0:
                report["honest_passed"].append(name)
            else:
                report["honest_failed"].append(f"{name}: {result.reason} {result.error}")


def _grade(source, form, share, sandbox):
    from reward_kit.models import Message
    from reward_kit.rewards.code_execution import fractional_code_reward

    reply = [Message(role="assistant", content=f"````python\n{source}\n````")]
    if form == "stdio":
        truth = [{"input": f"{a} {b}\n", "expected_output": f"{a + b}\n"} for a, b in PAIRS]
    elif form == "function":
        truth = [{"input": [a, b], "expected_output": a + b} for a, b in PAIRS]
    else:
        truth = [f"assert add({a}, {b}) == {a + b}" for a, b in PAIRS]
    return fractional_code_reward(
        reply,
        ground_truth=truth,
        timeout=2,
        sandbox=sandbox,
        isolate="submission" if share else "case",
        function_to_call="add" if form == "function" else None,
    )


def _listen():
    found = {}
    tcp = socket.socket()
    tcp.bind(("127.0.0.1", 8099))
    found["tcp"] = tcp
    for name, address in (("abstract", "\0canary_abstract"), ("docker", "/var/run/docker.sock")):
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(address)
        except OSError:
            continue
        found[name] = listener
    for listener in found.values():
        listener.listen()
        listener.setblocking(False)
    return found


def _was_reached(listener):
    try:
        listener.accept()
    except BlockingIOError:
        return False
    return True


def _processes():
    return {name for name in os.listdir("/proc") if name.isdigit()}


def _files():
    found = set()
    for root in ("/tmp", "/dev/shm", "/var/tmp", "/proj", "/loot", str(Path.home())):
        for folder, _, names in os.walk(root):
            found |= {f"{folder}/{name}" for name in names}
            found.add(folder)
    return found


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    main()
