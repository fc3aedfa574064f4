"""Which files a submission may read: the standard library, shared libraries and a few named packages.

Site-packages as a whole are not readable: the data sets of installed examples, with their expected outputs, lie there.
"""

import os
import sys
import sysconfig
from dataclasses import dataclass

from reward_kit.sandbox.jail.landlock import EXECUTE, LIST, OVERWRITE, READ

__all__ = ["Files", "of_this_interpreter"]

ALWAYS = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/usr/share/zoneinfo", "/etc/ld.so.cache")
PROGRAM_FOLDERS = ("/usr", "/bin", "/lib", "/lib64")
NOT_THE_LIBRARY = ("site-packages", "dist-packages", "test", "tests", "idlelib", "ensurepip", "lib2to3", "turtledemo")


@dataclass(frozen=True)
class Files:
    """What is readable, as Landlock rules, and what the private root shows and hides."""

    rules: list[tuple[str, int]]
    shown: tuple[str, ...]
    hidden: tuple[str, ...]


def of_this_interpreter(packages: tuple[str, ...], *, programs: bool) -> Files:
    """Return the files of this interpreter, of those of ``packages`` that it has, and with ``programs`` of /usr."""
    library = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    sites = {path for path in sys.path if path.endswith(("site-packages", "dist-packages")) and os.path.isdir(path)}  # noqa: PTH112 - few imports
    wanted = _entries_of_packages(sites, packages)
    rules = [(path, READ) for path in (*ALWAYS, *wanted, *_folders_of_libraries())]
    rules.append(("/dev/null", OVERWRITE))
    rules += [(path, LIST) for path in (*library, *sites)]
    rules += [(path, READ) for path in _entries_of_library(library)]
    if programs:
        rules += [(path, EXECUTE) for path in PROGRAM_FOLDERS]
    shown = {*ALWAYS, *library, *wanted, *_folders_of_libraries(), *(PROGRAM_FOLDERS if programs else ())}
    hidden = {*sites, *(f"{root}/{name}" for root in library for name in NOT_THE_LIBRARY[:2])}
    return Files(rules=rules, shown=tuple(sorted(shown - set(DEVICE_NODES))), hidden=tuple(sorted(hidden)))


DEVICE_NODES = ALWAYS[:4]


def _entries_of_library(library: set[str]) -> list[str]:
    found = []
    for root in sorted(library):
        found += [f"{root}/{name}" for name in sorted(os.listdir(root)) if name not in NOT_THE_LIBRARY]  # noqa: PTH208 - few imports
    return found


def _entries_of_packages(sites: set[str], packages: tuple[str, ...]) -> list[str]:
    """Return the folders and files of ``packages``, such as ``numpy``, ``numpy.libs`` and ``six.py``."""
    return [
        f"{site}/{name}"
        for site in sorted(sites)
        for name in sorted(os.listdir(site))  # noqa: PTH208 - few imports
        if name.split(".", 1)[0] in packages
    ]


def _folders_of_libraries() -> list[str]:
    """Return where the shared libraries lie that this process has loaded; others of the system lie beside them."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:  # noqa: PTH123 - few imports
        paths = {line.split(maxsplit=5)[5].strip() for line in maps if ".so" in line and "/" in line}
    folders = {path.rsplit("/", 1)[0] for path in paths}
    return sorted(folder for folder in folders if not any(part in folder for part in ("python", "site-packages")))
