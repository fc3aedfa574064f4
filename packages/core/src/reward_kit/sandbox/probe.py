"""Prove what confines a worker: what it says that it has taken, and what a hostile program inside can still do.

The level follows from both. An attack that works makes it "none", whatever the kernel was asked for.
"""

from typing import Any

from reward_kit.sandbox import reading
from reward_kit.sandbox.jail.codec import encode
from reward_kit.sandbox.jail.payload import pack
from reward_kit.sandbox.jail.worker import Job
from reward_kit.sandbox.model import Level, Limits, Restriction
from reward_kit.sandbox.pool import WorkerLike

__all__ = ["examine"]

ATTACKS: tuple[tuple[str, str, str], ...] = (
    (
        "files of the host cannot be read",
        "a program could read data sets, keys and other programs",
        "[open(p).read(1) for p in ('/etc/passwd',)]",
    ),
    (
        "files of the host cannot be written",
        "a program could leave files behind, or change the grader's",
        "write_somewhere()",
    ),
    ("no sockets", "a program could reach the network and local services", "socket.socket()"),
    ("no new processes", "a program could outlive its case", "os.fork() or os._exit(0)"),
    ("no other programs", "a program could run a shell", "os.execv('/bin/sh', ['sh', '-c', 'exit 7'])"),
    ("no signals to others", "a program could stop the grader", "os.kill(os.getppid(), 0)"),
    ("no view of other processes", "a program could read the grader's memory", "open(f'/proc/{os.getppid()}/environ')"),
    ("no tracing", "a program could change the grader's memory", "trace()"),
    ("bounded memory", "a program could exhaust the machine's memory", "bytearray(4 << 30)"),
    ("bounded files", "a program could fill the disk", "open('f', 'wb').write(bytes(80 << 20))"),
    ("no new namespaces", "a program could reach more of the kernel", "unshare()"),
    ("an empty environment", "a program could read the grader's keys", "os.environ['LANG']"),
)

PROGRAM = """
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def must(result):
    if result == -1:
        raise OSError(ctypes.get_errno())
def trace():
    must(libc.ptrace(16, os.getppid(), 0, 0))
def unshare():
    must(libc.unshare(0x10000000))
def write_somewhere():
    for folder in ('/tmp', '/var/tmp', '/dev/shm', '/'):
        try:
            os.close(os.open(folder + '/reward-kit-probe', os.O_CREAT | os.O_WRONLY))
        except OSError:
            continue
        os.unlink(folder + '/reward-kit-probe')
        return
    raise PermissionError
def attempt(text):
    try:
        eval(text)
    except BaseException as error:
        return type(error).__name__
    return 'worked'
"""


def examine(worker: WorkerLike, facts: dict[str, Any]) -> tuple[Level, list[Restriction]]:
    """Return the level of a worker and the list of what confines it."""
    limits = Limits(seconds=20, memory_mb=512)
    outcomes = [_attempt(worker, text, limits) for _, _, text in ATTACKS]
    attacked = [
        Restriction(name=name, in_force=held, meaning="an attempt from within failed" if held else danger)
        for (name, danger, _), held in zip(ATTACKS, outcomes, strict=True)
    ]
    taken = _taken(facts)
    names = {item.name for item in taken if item.in_force}
    if not all(outcomes) or "seccomp" not in names:
        level: Level = "none"
    elif "landlock" in names:
        level = "L3" if "namespaces" in names else "L2"
    else:
        level = "L1" if "namespaces" in names else "none"
    return level, [*taken, *attacked]


def _attempt(worker: WorkerLike, text: str, limits: Limits) -> bool:
    """Say whether an attack failed."""
    request = {
        "mode": "calls",
        "positions": [1],
        "wall": limits.seconds,
        "budget": limits.seconds,
        "cpu": 20,
        "memory": limits.memory_mb << 20,
        "file": limits.output_bytes,
    }
    argument = encode([text], max_bytes=1000)
    payload = pack({"entry": "attempt", "max_value": 1000}, [PROGRAM.encode(), argument])
    returned = worker.run(Job(request=request, payload=payload, max_output=1000, max_answers=4000))
    (outcome,) = reading.of_calls(returned, [1], limits, "none")
    # No answer at all is a failed attack, too, unless it became another program.
    return (outcome.status == "ok" and outcome.value != "worked") or "SIG" in outcome.detail


def _taken(facts: dict[str, Any]) -> list[Restriction]:
    version = facts["landlock"]
    problem = facts["namespaces_problem"]
    return [
        Restriction(
            name="seccomp",
            in_force=facts["seccomp"],
            meaning="only the system calls on a list" if facts["seccomp"] else "every system call is open",
        ),
        Restriction(
            name="landlock",
            in_force=version > 0,
            meaning=f"version {version}: only the interpreter's files" if version else "the kernel has no Landlock",
        ),
        Restriction(
            name="landlock scopes",
            in_force=version >= 6,  # noqa: PLR2004 - the version that brought them
            meaning="signals and abstract sockets end at the sandbox"
            if version >= 6  # noqa: PLR2004
            else "needs Linux 6.12; seccomp alone refuses them",
        ),
        Restriction(
            name="namespaces",
            in_force=facts["namespaces"],
            meaning="own user or root's, process, network, mount, ipc and uts namespaces; a private root"
            if facts["namespaces"]
            else f"not allowed here ({problem}); seccomp and Landlock alone close network and other processes",
        ),
        Restriction(
            name="own user",
            in_force=facts["own_user"],
            meaning="a user id that owns nothing" if facts["own_user"] else "the programs run as the grader's user",
        ),
        Restriction(
            name="writable folder",
            in_force=facts["work"],
            meaning="private, bounded, wiped after each case" if facts["work"] else "none: programs cannot write files",
        ),
    ]
