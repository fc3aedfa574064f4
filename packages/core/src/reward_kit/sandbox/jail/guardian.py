"""The first process of a worker: prepares what confines the fork server, then only watches over it.

The grader starts it; it takes namespaces where the kernel gives them, forks the server, waits for its end and
removes the server's folder. It lies outside every restriction and never runs anything of a submission.
"""

import contextlib
import json
import os
import resource
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from typing import Any

from reward_kit.sandbox.jail import landlock, namespaces, paths, seccomp, system, warm, workplace
from reward_kit.sandbox.jail.descriptors import out_of_the_way
from reward_kit.sandbox.jail.server import Server, soften_limits

__all__ = ["main"]

FIRST_USER, USERS = 61184, 4000
"""User ids that systems keep free for such use."""
NOBODY = 65534


def main(control_number: int, options: dict[str, Any]) -> None:
    """Serve the grader at the other end of ``control_number`` until it hangs up."""
    control = socket.socket(fileno=out_of_the_way(control_number))
    control.set_inheritable(False)
    # Its parent's end must not end this process before it can clean up: the signal waits for _stand_by.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    system.die_with_parent(options["parent"], signal.SIGTERM)
    os.environ.clear()
    warnings.simplefilter("ignore")
    facts = _prepare(options)
    work = None if facts["private_root"] else workplace.make(facts["user"])
    me = os.getpid()
    pid = os.fork()
    if pid == 0:
        _serve(control, options, facts, work, me)
    _stand_by(pid, control, work)


def _stand_by(pid: int, control: socket.socket, work: str | None) -> None:
    """Wait for the server's end, end it when told to, and leave nothing."""
    control.close()
    handle = os.pidfd_open(pid)
    ended = False

    def end(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    while not ended:
        ended = os.waitpid(pid, 0)[0] == pid
    if work is not None:
        _end_the_rest()
        workplace.wipe(work)
        os.rmdir(work)  # noqa: PTH106 - few imports
    os._exit(0)


def _end_the_rest() -> None:
    """Kill what the server left to this process, which is the subreaper, and wait until nobody is there who writes."""
    me = os.getpid()
    with contextlib.suppress(ChildProcessError):
        while True:
            with contextlib.suppress(OSError), open(f"/proc/{me}/task/{me}/children", "rb") as children:  # noqa: PTH123 - few imports
                for child in children.read().split():
                    os.kill(int(child), signal.SIGKILL)
            os.waitpid(-1, 0)


def _prepare(options: dict[str, Any]) -> dict[str, Any]:
    """Take what this process can take before it forks; say what that is."""
    without = set(options["without"])
    root = os.geteuid() == 0
    facts: dict[str, Any] = {"private_root": False, "user": None, "problem": "switched off"}
    system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    ways = () if "namespaces" in without else (True, False) if root else (False,)
    for as_root in ways:
        facts["problem"] = _try(lambda as_root=as_root: _rehearse(options, as_root=as_root))  # type: ignore[misc]
        if not facts["problem"]:
            facts["user"] = _free_user(reads_the_library=False) if as_root else None
            namespaces.enter(as_root=as_root)
            facts["private_root"] = True
            return facts
    if root:
        facts["user"] = _free_user(reads_the_library=True)
    return facts


def _try(action: Callable[[], None]) -> str:
    """Run ``action`` in a process of its own, since it changes it for good; return why it failed, or nothing."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - reported to the parent
            os.write(writer, f"{type(error).__name__}: {error}".encode()[:200])
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 200)
    os.close(reader)
    os.waitpid(pid, 0)
    return said.decode()


def _rehearse(options: dict[str, Any], *, as_root: bool) -> None:
    namespaces.enter(as_root=as_root)
    problem = _try(lambda: namespaces.settle(_root(options)))
    if problem:
        raise OSError(problem)


def _root(options: dict[str, Any]) -> namespaces.Root:
    files = paths.of_this_interpreter(tuple(options["packages"]), programs=options["programs"])
    return namespaces.Root(
        shown=files.shown,
        hidden=files.hidden,
        foreign_proc="landlock" not in options["without"] and landlock.abi() > 0,
        work_bytes=options["work_bytes"],
    )


def _serve(control: socket.socket, options: dict[str, Any], facts: dict[str, Any], work: str | None, me: int) -> None:
    """Become the fork server: confined for good, then at the grader's service."""
    try:
        sizes = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        control.send(json.dumps(_confine(options, facts, work, me)).encode())
        inside = namespaces.WORK if facts["private_root"] else work
        server = Server(control, inside, facts["processes"], owns_all=facts["private_root"], sizes=sizes)
        server.serve()
    except BaseException as error:  # noqa: BLE001 - the grader must learn of it, whatever it is
        with contextlib.suppress(OSError):
            control.send(json.dumps({"error": f"{type(error).__name__}: {error}"[:400]}).encode())
    finally:
        os._exit(0)


def _confine(options: dict[str, Any], facts: dict[str, Any], work: str | None, me: int) -> dict[str, Any]:
    """Restrict this process and all its children; return what is in force."""
    without = set(options["without"])
    soften_limits()
    warm.load(warm.PRELOADED.split())
    files = paths.of_this_interpreter(tuple(options["packages"]), programs=options["programs"])
    if facts["private_root"]:
        namespaces.settle(_root(options))
        work = namespaces.WORK
    own_user = facts["user"] is not None
    if own_user:
        _become(facts["user"])
    facts["processes"] = _process_limit(options, own_user=own_user or facts["private_root"])
    system.die_with_parent(me)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    system.drop_capabilities()
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
    system.prctl(system.PR_SET_DUMPABLE, 0)
    version = 0 if "landlock" in without else landlock.abi()
    if version:
        rights = landlock.WRITE | (landlock.EXECUTE if options["programs"] else 0)
        landlock.restrict([*files.rules, *([(work, rights)] if work else [])])
    seccomp_works = "seccomp" not in without and not _try(lambda: seccomp.Filter(seccomp.Policy()).install())
    return {
        "landlock": version,
        "seccomp": seccomp_works,
        "namespaces": facts["private_root"],
        "namespaces_problem": facts["problem"],
        "own_user": own_user,
        "work": bool(work),
        "python": sys.version.split()[0],
    }


def _free_user(*, reads_the_library: bool) -> int | None:
    """Return a user id that owns nothing and that root may become here, or None."""
    # By chance: graders in several containers have the same process ids, and users of one number share their threads.
    for user in (FIRST_USER + int.from_bytes(os.urandom(4), "little") % USERS, NOBODY):
        if not _try(lambda user=user: _become(user, reads_the_library=reads_the_library)):  # type: ignore[misc]
            return user
    return None


def _become(user: int, *, reads_the_library: bool = False) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if reads_the_library:
        os.listdir(os.path.dirname(os.__file__))  # noqa: PTH120, PTH208 - few imports


def _process_limit(options: dict[str, Any], *, own_user: bool) -> int | None:
    """Return how many processes and threads the user of this process may have; None leaves the system's limit."""
    if own_user:
        return int(options["processes"])
    if os.geteuid() == 0:
        return None
    count = sum(1 for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 - few imports
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    wanted = 4 * count + int(options["processes"])
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
