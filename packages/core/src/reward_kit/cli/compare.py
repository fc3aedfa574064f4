"""``reward-kit compare A B``: what changed between two runs, and whether that is more than chance."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reward_kit.cli.terminal import table

if TYPE_CHECKING:
    from reward_kit.evaluation.comparing import Comparison, Flip, Ungraded
    from reward_kit.evaluation.paired import Difference

__all__ = ["compare"]

RUNS = Path("runs")
"""Where `evaluate` puts runs unless told otherwise."""
SHOWN_IDS = 10
SHOWN_REASON = 120
NAMES = {"pass_rate": "pass rate", "mean_score": "mean score"}


@click.command("compare")
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("after", metavar="B", type=click.Path(path_type=Path))
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="A change is significant below this chance of it by luck.",
)
@click.option(
    "--min-effect",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Smallest fall that ends with 1: 0.01 is one of 100 rows.",
)
@click.option("--pass-score", type=float, default=1.0, show_default=True, help="A row passes from this score on.")
@click.option("--other-data", is_flag=True, help="Pair the rows by id though the data sets differ.")
@click.option("--show", type=click.IntRange(0), default=20, show_default=True, help="Flips that are printed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every flip.")
def compare(
    before: Path,
    after: Path,
    *,
    alpha: float,
    min_effect: float,
    pass_score: float,
    other_data: bool,
    show: int,
    as_json: bool,
) -> int:
    """Compare the run B with the run A, folders or their names under runs/: the same rows, before and after.

    Rows are paired by id. Pass rates are compared by McNemar's exact test and Newcombe's paired interval, scores
    between 0 and 1 and shares of several attempts by Student's paired t; where both are tested, by Holm's correction.
    The exit code is 1 where either fell significantly.
    """
    from reward_kit.evaluation.comparing import compare as compare_runs

    found = compare_runs(
        _folder(before),
        _folder(after),
        pass_score=pass_score,
        alpha=alpha,
        min_effect=min_effect,
        other_data=other_data,
    )
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        click.echo(json.dumps({"before": str(before), "after": str(after), **found.to_json()}))
    else:
        _print(found, show)
    return 1 if found.regressions else 0


def _folder(run: Path) -> Path:
    return RUNS / run if not run.is_dir() and (RUNS / run).is_dir() else run


def _print(found: "Comparison", show: int) -> None:
    click.echo(f"{_verdict(found)} ({found.rows} rows in both)\n")
    measures = [("pass_rate", found.pass_rate), ("mean_score", found.mean_score)]
    click.echo(
        table(
            [
                ("", "A", "B", "change", "95 % interval", "p"),
                *(_line(name, difference, found.adjusted[name]) for name, difference in measures),
            ]
        )
    )
    for method in dict.fromkeys(difference.method for _, difference in measures):
        click.echo(f"by {method}")
    for title, flips in (
        ("passed in A", [flip for flip in found.flips if flip.lost]),
        ("passed in B", [flip for flip in found.flips if not flip.lost]),
    ):
        _print_rows(f"{title} only, or more often", [_flip(flip) for flip in flips], show)
    _print_rows("not graded in A or B, and not compared", [_ungraded(row) for row in found.ungraded], show)
    for title, ids in (("only in A", found.only_before), ("only in B", found.only_after)):
        if ids:
            more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
            click.echo(f"\n{title}: {len(ids)}: {', '.join(ids[:SHOWN_IDS])}{more}")


def _verdict(found: "Comparison") -> str:
    if found.regressions:
        return f"B is worse: {' and '.join(NAMES[name] for name in found.regressions)}"
    if found.improvements:
        return f"B is better: {' and '.join(NAMES[name] for name in found.improvements)}"
    return "no significant change" + (f" of {found.min_effect:g} or more" if found.min_effect else "")


def _line(name: str, difference: "Difference", p_value: float) -> tuple[str, ...]:
    interval = difference.interval
    return (
        NAMES[name],
        f"{difference.before:.4f}",
        f"{difference.after:.4f}",
        f"{difference.change:+.4f}",
        "-" if interval is None else f"{interval.low:+.4f} to {interval.high:+.4f}",
        f"{p_value:.4f}" if p_value >= 0.0001 else "<0.0001",  # noqa: PLR2004 - the last digit that is shown
    )


def _print_rows(title: str, lines: list[str], show: int) -> None:
    if lines:
        click.echo(f"\n{title}: {len(lines)}")
        for line in lines[:show]:
            click.echo(f"  {line}")
        if len(lines) > show:
            click.echo(f"  and {len(lines) - show} more (--show, --json)")


def _flip(flip: "Flip") -> str:
    shares = "" if {flip.before, flip.after} <= {0.0, 1.0} else f"{flip.before:.4g} to {flip.after:.4g}  "
    return f"{flip.id}  {shares}A: {_short(flip.reason_before)} | B: {_short(flip.reason_after)}"


def _ungraded(row: "Ungraded") -> str:
    why = [f"{run}: {_short(error)}" for run, error in (("A", row.error_before), ("B", row.error_after)) if error]
    return f"{row.id}  {' | '.join(why)}"


def _short(reason: str | None) -> str:
    text = " ".join((reason or "no reason given").split())
    return text if len(text) <= SHOWN_REASON else text[:SHOWN_REASON] + "…"
