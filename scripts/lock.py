"""Write `locks/<example>.txt`: what an example's image installs, pinned by hash and naming no address.

    python scripts/lock.py            write the locks
    python scripts/lock.py --check    exit 1 and print the difference where a lock is out of date

`uv export` has to resolve first and leaves a `uv.lock`, which names the address of every file; so it runs in a
temporary copy of the workspace's metadata and nothing of it stays. The cut-off date in the root pyproject.toml
makes the outcome the same on any day. Torch and its companions are never in a lock: an image does not train, and
where a local CPU wheel serves torch its hash differs from the index's.
"""

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "locks"
EXTRAS = ("hub",)
HEADER = """\
# What the image of {example} installs besides this workspace's own packages. Written by scripts/lock.py.
# uv pip install --require-hashes -r locks/{example}.txt
"""


def main() -> int:
    """Write or check every lock."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    stale = False
    with tempfile.TemporaryDirectory(prefix="reward-kit-lock-") as folder:
        workspace = _copy_metadata(Path(folder))
        for example in _examples():
            target = LOCKS / f"{example}.txt"
            fresh = HEADER.format(example=example) + _export(workspace, example)
            if check:
                stale |= _differs(target, fresh)
            else:
                target.write_text(fresh)
                pins = re.findall(r"^[^#\s]+==", fresh, re.MULTILINE)
                print(f"{target.relative_to(ROOT)}: {len(pins)} packages")
    if stale:
        print("error: locks are out of date; run `python scripts/lock.py` and commit the result", file=sys.stderr)
    return int(stale)


def _examples() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml") if path.parent.name != "core")


def _copy_metadata(folder: Path) -> Path:
    for path in [ROOT / "pyproject.toml", *ROOT.glob("packages/*/pyproject.toml")]:
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def _export(workspace: Path, example: str) -> str:
    extras = [argument for extra in EXTRAS for argument in ("--extra", extra)]
    command = ["uv", "export", "--quiet", "--package", f"reward-kit-{example}", *extras]
    command += ["--no-emit-workspace", "--no-header", "--no-annotate", "--no-default-groups"]
    # A local folder of wheels would put its own hashes beside the index's: the lock is the same everywhere.
    environment = {name: value for name, value in os.environ.items() if name != "UV_FIND_LINKS"}
    text = subprocess.run(command, cwd=workspace, env=environment, check=True, capture_output=True, text=True).stdout
    address = re.search(r"\w+://\S+", text)
    if address:
        message = f"the export of {example} names the address {address.group()!r}; a lock holds names and hashes only"
        raise SystemExit(message)
    return text


def _differs(target: Path, fresh: str) -> bool:
    committed = target.read_text() if target.exists() else ""
    difference = list(
        difflib.unified_diff(committed.splitlines(), fresh.splitlines(), str(target), "fresh", lineterm="")
    )
    print("\n".join(difference) if difference else f"{target.relative_to(ROOT)}: up to date")
    return bool(difference)


if __name__ == "__main__":
    sys.exit(main())
