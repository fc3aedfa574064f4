"""Measure ``verify`` against the other graders of mathematics: verdicts and speed, in one run on one machine.

    python benchmarks/math_verdicts.py --data ../shared/data [--every 100] [--work FOLDER] [--plot FILE]

Makes environments of their own for math-verify 0.9.0, TRL and reward-kit 0.4.1 with ``uv`` from the package index, in
a temporary folder or in ``--work``, which is kept for the next run. The peers get every Nth solution of GSM8K, in
twenty formats with five perturbations; ``verify`` gets all of them in a second pass. Prints the table and exits 1
where a bar is missed, 3 where the data is not there. (A file called ``math.py`` in this folder would hide Python's.)
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import math_cases
from math_cases import Case

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
UNSEEN = CHECKOUT / "tests" / "core" / "rewards" / "data"
PEERS = {
    "math-verify": ["math-verify[antlr4_13_2]==0.9.0"],
    "trl": ["trl==1.16.0", "math-verify[antlr4_13_2]==0.9.0"],
    # Newer releases of these two break its imports.
    "reward-kit": ["reward-kit==0.4.1", "mcp<1.20", "pydantic<2.12"],
}
LABELS = {
    "ours": "ours",
    "math-verify": "math-verify 0.9.0",
    "trl": "TRL 1.16 accuracy_reward",
    "reward-kit": "reward-kit 0.4.1",
}
MIX = ("gsm8k", "recorded", "hard", "hard, unseen")
GROUPS = (*MIX, "adversarial", "adversarial, unseen", "published", "long", "integers")
LIMIT = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one grader made of one group of cases."""

    cases: int
    right: int
    false_positives: int
    raised: int
    cpu: float
    seconds: tuple[float, ...]
    """Wall time of each case: what a caller waits for."""
    own: tuple[float, ...]
    """CPU time of each case in the calling process: what a busy machine does not change."""
    wrong: tuple[str, ...]

    @property
    def share(self) -> float:
        """Return the share of right verdicts."""
        return self.right / self.cases

    def quantile(self, share: float) -> float:
        """Return a quantile of the CPU seconds of a case."""
        return sorted(self.own)[min(self.cases - 1, int(share * self.cases))]


def main() -> int:
    """Run the benchmark; return its exit code."""
    beside = CHECKOUT.parent / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("REWARD_KIT_SHARED_DATA") or beside))
    parser.add_argument("--every", type=int, default=100, help="give the peers every Nth solution only")
    parser.add_argument("--every-ours", type=int, default=1, help="the same for verify")
    parser.add_argument("--peers", nargs="*", choices=[*PEERS], default=[*PEERS])
    parser.add_argument("--work", type=Path, help="folder for the peers' environments, kept for the next run")
    parser.add_argument("--plot", type=Path, help="draw the table into this file (needs matplotlib)")
    parser.add_argument("--wrong", action="store_true", help="print the false verdicts of verify")
    options = parser.parse_args()
    if not (options.data / "gsm8k" / "train.jsonl").is_file():
        print(f"no file {str(options.data / 'gsm8k' / 'train.jsonl')!r}; pass its folder as --data", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="math-verdicts-") as temporary:
        work = (options.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        cases = _cases(options.data, _published(work), options.every)
        told = {"ours": _run(Path(sys.executable), "ours", cases, work)}
        for peer in options.peers:
            told[peer] = _run(_environment(work / peer, PEERS[peer]), peer, cases, work)
    tables = {peer: _figures(cases, answer) for peer, answer in told.items()}
    _print_table(tables)
    everything = _all_of_gsm8k(options.data, options.every_ours)
    missed = [*_missed(tables, everything)]
    if options.wrong:
        for line in [*everything.wrong, *(line for group in tables["ours"].values() for line in group.wrong)]:
            print(line)
    for line in missed:
        print(f"missed: {line}")
    if options.plot:
        _plot(tables, options.plot)
    return 1 if missed else 0


def _cases(data: Path, tests: Path, every: int) -> list[Case]:
    return [
        *math_cases.gsm8k(data / "gsm8k" / "train.jsonl", every),
        *math_cases.recorded(data / "recorded" / "gsm8k_qwen3.jsonl"),
        *math_cases.written(data / "math" / "hard.jsonl", "hard"),
        *math_cases.written(UNSEEN / "math_hard.jsonl", "hard, unseen"),
        *math_cases.written(data / "math" / "adversarial.jsonl", "adversarial"),
        *math_cases.written(UNSEEN / "math_adversarial.jsonl", "adversarial, unseen"),
        *math_cases.published(tests),
        *math_cases.long_replies(data / "gsm8k" / "train.jsonl"),
        *math_cases.integers(),
    ]


def _environment(folder: Path, packages: list[str]) -> Path:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.11", str(folder)], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), *packages], check=True)
    return python


def _published(work: Path) -> Path:
    """Return the folder of Math-Verify's tests, which only its source distribution has."""
    name = "math_verify-0.9.0"
    if not (work / name).is_dir():
        python = _environment(work / "pip", ["pip", "setuptools", "wheel"])
        download = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest"]
        subprocess.run([*download, str(work), "math-verify==0.9.0"], check=True)
        with tarfile.open(work / f"{name}.tar.gz") as archive:
            archive.extractall(work, filter="data")
    return work / name / "tests"


def _run(python: Path, peer: str, cases: list[Case], work: Path) -> dict[str, Any]:
    file = work / "cases.jsonl"
    math_cases.write(cases, file)
    # What leads to the working tree must not lead a peer to it.
    environment = None if peer == "ours" else {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    script = work / "math_peers.py"
    script.write_text((HERE / "math_peers.py").read_text(encoding="utf-8"), encoding="utf-8")
    command = [str(python), str(script), peer, str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=work, env=environment)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        message = f"the process of {peer} ended with {done.returncode}"
        raise SystemExit(message)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _figures(cases: list[Case], answer: dict[str, Any]) -> dict[str, Figures]:
    figures = {}
    for group in GROUPS:
        members = [index for index, case in enumerate(cases) if case["group"] == group]
        verdicts = [(cases[index], answer["verdicts"][index]) for index in members]
        wrong = [(case, verdict) for case, verdict in verdicts if verdict is not case["expected"]]
        figures[group] = Figures(
            cases=len(members),
            right=len(members) - len(wrong),
            false_positives=sum(verdict is True for _, verdict in wrong),
            raised=sum(isinstance(verdict, str) for _, verdict in wrong),
            cpu=answer["cpu"][group],
            seconds=tuple(answer["seconds"][index] for index in members),
            own=tuple(answer["own"][index] for index in members),
            wrong=tuple(
                f"{case['group']}: {case['name']}: gold {case['gold'][:60]!r}, reply {case['reply'][-80:]!r}: {verdict}"
                for case, verdict in wrong
            ),
        )
    return figures


def _together(figures: dict[str, Figures], groups: Iterable[str]) -> Figures:
    parts = [figures[group] for group in groups]
    return Figures(
        cases=sum(part.cases for part in parts),
        right=sum(part.right for part in parts),
        false_positives=sum(part.false_positives for part in parts),
        raised=sum(part.raised for part in parts),
        cpu=sum(part.cpu for part in parts),
        seconds=tuple(second for part in parts for second in part.seconds),
        own=tuple(second for part in parts for second in part.own),
        wrong=(),
    )


def _all_of_gsm8k(data: Path, every: int) -> Figures:
    """Grade all solutions in all formats in this process: they are too many to be kept."""
    from reward_kit.rewards.math import verify

    cases = right = false_positives = 0
    wrong: list[str] = []
    began = time.process_time()
    for case in math_cases.gsm8k(data / "gsm8k" / "train.jsonl", every):
        verdict = verify(case["reply"], case["gold"])
        cases += 1
        if (verdict.score == 1.0) is case["expected"] and verdict.score is not None:
            right += 1
        else:
            false_positives += verdict.score == 1.0
            wrong.append(
                f"gsm8k: {case['name']}: gold {case['gold']!r}, reply {case['reply'][-80:]!r}: {verdict.reason}"
            )
    cpu = time.process_time() - began
    print(
        f"\nall of GSM8K, ours: {right:,} of {cases:,} right, {false_positives} false positives, {cpu:.0f} CPU seconds"
    )
    return Figures(
        cases=cases,
        right=right,
        false_positives=false_positives,
        raised=0,
        cpu=cpu,
        seconds=(),
        own=(),
        wrong=tuple(wrong),
    )


def _print_table(tables: dict[str, dict[str, Figures]]) -> None:
    print(f"{'right verdicts (false positives)':<34}" + "".join(f"{LABELS[peer]:>26}" for peer in tables))
    for group in GROUPS[:-2]:
        cells = [f"{100 * table[group].share:.1f} % ({table[group].false_positives})" for table in tables.values()]
        name = f"{group}, {tables['ours'][group].cases:,}"
        print(f"{name:<34}" + "".join(f"{cell:>26}" for cell in cells))
    mixes = {peer: _together(table, MIX) for peer, table in tables.items()}
    rows = {
        "verifications per CPU second, mix": [f"{mix.cases / mix.cpu:,.0f}" for mix in mixes.values()],
        "the same, 24,000 characters": [f"{t['long'].cases / t['long'].cpu:,.0f}" for t in tables.values()],
        "CPU µs per boxed integer": [f"{1e6 * t['integers'].cpu / t['integers'].cases:,.1f}" for t in tables.values()],
        "p50, mix, CPU ms": [f"{1e3 * mix.quantile(0.5):,.3f}" for mix in mixes.values()],
        "p99, mix, CPU ms": [f"{1e3 * mix.quantile(0.99):,.3f}" for mix in mixes.values()],
        "maximum, mix, CPU ms": [f"{1e3 * max(mix.own):,.1f}" for mix in mixes.values()],
        "maximum, adversarial, wall s": [f"{max(_adversarial(t).seconds):,.2f}" for t in tables.values()],
        "raised": [str(sum(figures.raised for figures in t.values())) for t in tables.values()],
    }
    for name, cells in rows.items():
        print(f"{name:<34}" + "".join(f"{cell:>26}" for cell in cells))


def _adversarial(table: dict[str, Figures]) -> Figures:
    return _together(table, ("adversarial", "adversarial, unseen"))


def _missed(tables: dict[str, dict[str, Figures]], everything: Figures) -> Iterable[str]:
    """Give the bars that ``verify`` does not reach."""
    ours = tables["ours"]
    mix = _together(ours, MIX)
    slowest = max(second for figures in ours.values() for second in figures.seconds)
    bars = {
        "GSM8K: 99.9 % right": everything.share >= 0.999,
        "GSM8K: no false positive": not everything.false_positives,
        "the recorded replies": ours["recorded"].right == ours["recorded"].cases,
        "24,000 characters: right": ours["long"].right == ours["long"].cases,
        "boxed integers: right": ours["integers"].right == ours["integers"].cases,
        "Math-Verify's own cases: 98.5 %": ours["published"].share >= 0.985,
        "12,000 verifications per CPU second": mix.cases / mix.cpu >= 12_000,
        "6,000 of 24,000 characters": ours["long"].cases / ours["long"].cpu >= 6_000,
        "10 µs for a boxed integer": ours["integers"].cpu / ours["integers"].cases <= 10e-6,
        "p99 of 1 ms": mix.quantile(0.99) <= 1e-3,
        f"nothing over {LIMIT} s": slowest <= LIMIT,
        "nothing raised": not any(figures.raised for figures in ours.values()),
    }
    for kind, share in (("hard", 0.97), ("adversarial", 0.99)):
        for group in (kind, f"{kind}, unseen"):
            bars[f"{group}: {100 * share:.0f} %, no false positive"] = (
                ours[group].share >= share and not ours[group].false_positives
            )
    return [name for name, reached in bars.items() if not reached]


def _plot(tables: dict[str, dict[str, Figures]], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    names = [LABELS[peer] for peer in tables]
    for offset, group in enumerate(("gsm8k", "hard", "adversarial")):
        places = [place + 0.25 * (offset - 1) for place in range(len(names))]
        left.barh(places, [100 * table[group].share for table in tables.values()], height=0.23, label=group)
    left.set(xlabel="right verdicts, %", xlim=(0, 100), yticks=range(len(names)), yticklabels=names)
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize="small", frameon=False)
    speeds = [mix.cases / mix.cpu for mix in (_together(table, MIX) for table in tables.values())]
    right.plot(speeds, range(len(names)), "o", color="tab:green")
    for place, speed in enumerate(speeds):
        right.annotate(f"{speed:,.0f}", (speed, place), xytext=(0, 7), textcoords="offset points", ha="center")
    right.set(xlabel="verifications per CPU second (logarithmic)", xscale="log", xlim=(100, 100_000), yticks=[])
    right.grid(axis="x", alpha=0.3)
    right.set_ylim(left.get_ylim())
    for axes in (left, right):
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=150)
    print(f"drew {file}")


if __name__ == "__main__":
    sys.exit(main())
