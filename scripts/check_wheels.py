"""Build every package, look into the wheels, and run one example installed alone in an empty environment.

    python scripts/check_wheels.py

A wheel must hold its own import package and nothing else; an example's wheel must hold its data set; an sdist must
build the same wheel. The example is installed from the wheels alone: nothing of this checkout is on its path.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Build, inspect, install, run."""
    with tempfile.TemporaryDirectory(prefix="reward-kit-wheels-") as folder:
        dist = Path(folder) / "dist"
        # The default builds the sdist and makes the wheel from it, so a file missing in the sdist shows here.
        _run("uv", "build", "--quiet", "--all-packages", "--out-dir", str(dist), cwd=ROOT)
        wheels = sorted(dist.glob("*.whl"))
        _run("check-wheel-contents", *map(str, wheels), cwd=Path(folder))
        for wheel in wheels:
            _inspect(wheel)
        for wheel in wheels:
            if not wheel.name.startswith("reward_kit_core"):
                _run_alone(wheel, dist, Path(folder))
    return 0


def _inspect(wheel: Path) -> None:
    package = "reward_kit" if wheel.name.startswith("reward_kit_core") else wheel.name.split("-")[0]
    names = zipfile.ZipFile(wheel).namelist()
    foreign = [name for name in names if not name.startswith((f"{package}/", f"{wheel.name.split('-')[0]}-"))]
    expected = {f"{package}/py.typed"}
    if package != "reward_kit":
        expected |= {f"{package}/data/dataset.jsonl", f"{package}/data/SOURCE.toml"}
    missing = expected.difference(names)
    if foreign or missing:
        message = f"{wheel.name}: files that do not belong: {foreign}; files that are missing: {sorted(missing)}"
        raise SystemExit(message)
    print(f"{wheel.name}: {len(names)} files")


def _run_alone(wheel: Path, dist: Path, folder: Path) -> None:
    command = "-".join(wheel.name.split("-")[0].split("_"))
    environment = folder / command
    elsewhere = folder / f"{command}-run"
    elsewhere.mkdir()
    python = str(environment / "bin" / "python")
    _run("uv", "venv", "--quiet", str(environment), "--python", sys.executable, cwd=elsewhere)
    _run("uv", "pip", "install", "--quiet", "--python", python, "--find-links", str(dist), str(wheel), cwd=elsewhere)
    listed = _run("uv", "pip", "list", "--python", python, "--format", "json", cwd=elsewhere)
    ours = sorted(entry["name"] for entry in json.loads(listed) if entry["name"].startswith("reward-kit"))
    if ours != sorted([command, "reward-kit-core"]):
        message = f"installing {wheel.name} alone brought {ours}"
        raise SystemExit(message)
    report = json.loads(_run(str(environment / "bin" / command), "evaluate", "--json", cwd=elsewhere))
    if report["passed"] != report["rows"] or report["not_graded"] or not report["rows"]:
        message = (
            f"{command} evaluate: {report['passed']} of {report['rows']} passed, {report['not_graded']} not graded"
        )
        raise SystemExit(message)
    print(f"{command}: alone in an empty environment, {report['passed']}/{report['rows']} passed")


def _run(*command: str, cwd: Path) -> str:
    # The checkout's own environment must not leak into the empty one.
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
        raise SystemExit(message)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
