"""Namespaces and a private root: no network, no other processes, no files but the interpreter's.

``enter`` is the guardian's half (it stays outside, and the process that it forks next is inside); ``settle`` is that
process's. What the kernel refuses raises, and the guardian goes on without namespaces, saying so.
"""

import os
from dataclasses import dataclass, field

from reward_kit.sandbox.jail.system import call

__all__ = ["Root", "enter", "settle"]

SYS_MOUNT, SYS_UMOUNT2, SYS_PIVOT_ROOT, SYS_UNSHARE, SYS_MOUNT_SETATTR = 165, 166, 155, 272, 442
NEW_MOUNT, NEW_UTS, NEW_IPC = 0x00020000, 0x04000000, 0x08000000
NEW_USER, NEW_PID, NEW_NET, NEW_CGROUP = 0x10000000, 0x20000000, 0x40000000, 0x02000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_RECURSIVE, AT_FDCWD = 0x8000, -100
ATTR_RDONLY, ATTR_NOSUID = 1, 2

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
STAGES = ("/mnt", "/media", "/srv", "/run", "/tmp", "/sys")  # noqa: S108 - covered in this mount namespace only
WORK = "/reward-kit"


@dataclass(frozen=True)
class Root:
    """What the private root holds."""

    shown: tuple[str, ...]
    """Folders and files of the host, read-only, at the same paths."""
    hidden: tuple[str, ...] = ()
    """Folders within ``shown`` whose content is hidden, but for what ``shown`` names below them."""
    foreign_proc: bool = False
    """Whether the outer /proc may be shown where none can be mounted: Landlock closes all but ``/dev/stdin``."""
    work_bytes: int = 64 << 20
    work_files: int = 4096
    links: dict[str, str] = field(default_factory=dict)


def enter(*, as_root: bool) -> None:
    """Leave the user namespace (where this process has no rights of its own) and have the next child in a new pid one.

    Raises:
        OSError: the kernel, or the container around, does not allow it.
    """
    if as_root:
        call(SYS_UNSHARE, NEW_PID)
        return
    user, group = os.getuid(), os.getgid()
    call(SYS_UNSHARE, NEW_USER | NEW_PID)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")


def settle(root: Root) -> None:
    """Make the other namespaces and move into the private root.

    Raises:
        OSError: the kernel, or the container around, does not allow it.
    """
    call(SYS_UNSHARE, NEW_MOUNT | NEW_NET | NEW_IPC | NEW_UTS | NEW_CGROUP)
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    stage = _stage(root)
    _mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    _show(root, stage)
    for name in ("/proc", "/tmp", WORK):  # noqa: S108 - inside the private root, where it cannot be written to
        os.makedirs(stage + name, 0o755, exist_ok=True)  # noqa: PTH103 - nothing more than needed is imported here
    try:
        _mount("proc", stage + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "subset=pid")
    except PermissionError:  # in containers that mask parts of /proc
        if root.foreign_proc:
            _mount("/proc", stage + "/proc", None, MS_BIND | MS_REC)
    _devices(stage)
    _make_read_only(stage)
    options = f"size={root.work_bytes},nr_inodes={root.work_files},mode=777"
    _mount("tmpfs", stage + WORK, "tmpfs", MS_NOSUID | MS_NODEV, options)
    os.chdir(stage)
    call(SYS_PIVOT_ROOT, b".", b".")
    call(SYS_UMOUNT2, b".", MNT_DETACH)
    os.chdir("/")


def _stage(root: Root) -> str:
    """Return a folder to build the root in: one that exists, and hides nothing that is to be shown."""
    for path in STAGES:
        if os.path.isdir(path) and not any(f"{item}/".startswith(f"{path}/") for item in root.shown):  # noqa: PTH112 - see above
            return path
    message = "no folder to build a private root in"
    raise OSError(message)


def _show(root: Root, stage: str) -> None:
    """Bind what is shown, outer folders first, hiding what is hidden between them."""
    steps = sorted({(path, "shown") for path in root.shown} | {(path, "hidden") for path in root.hidden})
    copied: set[str] = set()
    for path, what in steps:
        if not os.path.exists(path):  # noqa: PTH110 - see above
            continue
        if what == "hidden":
            if _covered(path, copied):
                names = [other for other, kind in steps if kind == "shown" and other.startswith(path + "/")]
                _mount("tmpfs", stage + path, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
                copied.difference_update(names)
                copied.add("!" + path)
            continue
        if _covered(path, copied):
            continue
        _target(path, stage)
        _mount(path, stage + path, None, MS_BIND | MS_REC)
        copied.add(path)


def _covered(path: str, copied: set[str]) -> bool:
    """Say whether a folder above ``path`` is shown, with nothing hidden in between."""
    above = path
    while above != "/":
        if "!" + above in copied:
            return False
        if above in copied:
            return True
        above = os.path.dirname(above)  # noqa: PTH120 - see above
    return False


def _target(path: str, stage: str) -> None:
    """Make the folder or the empty file that ``path`` is bound over."""
    if os.path.isdir(path):  # noqa: PTH112 - see above
        os.makedirs(stage + path, 0o755, exist_ok=True)  # noqa: PTH103 - see above
        return
    os.makedirs(os.path.dirname(stage + path), 0o755, exist_ok=True)  # noqa: PTH103, PTH120 - see above
    os.close(os.open(stage + path, os.O_CREAT | os.O_WRONLY, 0o644))


def _devices(stage: str) -> None:
    os.makedirs(stage + "/dev", 0o755, exist_ok=True)  # noqa: PTH103 - see above
    for device in DEVICES:
        _target(device, stage)
        _mount(device, stage + device, None, MS_BIND)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{stage}/dev/{name}")  # noqa: PTH211 - see above


def _make_read_only(path: str) -> None:
    attributes = ATTR_RDONLY | ATTR_NOSUID
    packed = attributes.to_bytes(8, "little") + bytes(24)
    call(SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), AT_RECURSIVE, packed, len(packed))


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    passed = [None if text is None else text.encode() for text in (source, target, kind, options)]
    call(SYS_MOUNT, passed[0], passed[1], passed[2], flags, passed[3])


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
