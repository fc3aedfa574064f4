"""How a verb shows what grading came to: the headline and the table, or one JSON object, and the exit code."""

import json
from typing import TYPE_CHECKING

import click

from reward_kit.cli.terminal import table

if TYPE_CHECKING:
    from reward_kit.evaluation.attempts import AttemptsSummary
    from reward_kit.evaluation.results import ResultRow, Summary

__all__ = ["judge", "print_json", "print_summary"]

SHOWN_REASON = 160
SHOWN_IDS = 10


def print_summary(summary: "Summary", *, quiet: bool) -> None:
    """Print the figures and the rows that a person will want to see; in one line where ``quiet``."""
    from reward_kit.evaluation.statistics import percent

    click.echo(_headline(summary))
    if quiet:
        return
    interval = summary.interval
    shown = f"{percent(interval.low)} to {percent(interval.high)}" if interval else "-"
    lines = [
        ("rows", str(summary.rows)),
        ("passed", str(summary.passed)),
        ("failed", str(summary.failed)),
        ("not graded", str(summary.not_graded)),
        ("cut off", str(summary.cut_off)),
        ("pass rate", percent(summary.pass_rate)),
        *([("95 % interval", shown)] if summary.attempts is None else []),
        ("mean score", "-" if summary.mean_score is None else f"{summary.mean_score:.4f}"),
        ("seconds", f"{summary.seconds:.2f}"),
    ]
    click.echo("\n" + table(lines))
    if summary.attempts is not None:
        _print_attempts(summary.attempts)
    for title, rows in (("lowest scores", summary.worst), ("not graded", summary.first_not_graded)):
        if rows:
            click.echo(f"\n{title}:")
            for row in rows:
                click.echo(f"  {_shown(row)}")
    click.echo(f"\nresults: {summary.results}", err=True)


def _print_attempts(attempts: "AttemptsSummary") -> None:
    """Print what several replies per prompt amount to, and which prompts had too few."""
    from reward_kit.evaluation.statistics import percent

    k, left_out = attempts.k, attempts.too_few
    estimates = [
        ("pass@1", attempts.pass_at_1, percent),
        *([(f"pass@{k}", attempts.pass_at_k, percent), (f"pass^{k}", attempts.pass_all_k, percent)] if k > 1 else []),
        ("mean score", attempts.mean_score, "{:.4f}".format),
    ]
    lines = [
        (name, shown(estimate.mean), f"{shown(interval.low)} to {shown(interval.high)}" if interval else "-")
        for name, estimate, shown in estimates
        if estimate is not None
        for interval in [estimate.interval]
    ]
    click.echo(f"\nover {len(attempts.prompts) - len(left_out)} prompts with {k} or more graded attempts:")
    if lines:
        click.echo(table([("", "mean", "95 % interval"), *lines]))
    if left_out:
        more = f" and {len(left_out) - SHOWN_IDS} more" if len(left_out) > SHOWN_IDS else ""
        click.echo(f"left out, with fewer: {', '.join(left_out[:SHOWN_IDS])}{more}")


def _headline(summary: "Summary") -> str:
    from reward_kit.evaluation.statistics import percent

    parts = [f"{summary.passed}/{summary.passed + summary.failed} passed ({percent(summary.pass_rate)})"]
    if summary.not_graded:
        parts.append(f"{summary.not_graded} not graded")
    if summary.cut_off:
        parts.append(f"{summary.cut_off} cut off")
    if summary.unanswered:
        parts.append(f"{summary.unanswered} rows without a reply")
    return ", ".join(parts)


def _shown(row: "ResultRow") -> str:
    why = " ".join((row.error or row.reason or "no reason given").split())
    why = why if len(why) <= SHOWN_REASON else why[:SHOWN_REASON] + "…"
    score = f"{row.score:.4g}  " if row.is_score_valid else ""
    return f"{row.id}  {score}{'(cut off) ' if row.cut_off else ''}{why}"


def print_json(example: str, summary: "Summary", **more: object) -> None:
    """Print one object, with ``more`` in it; the results are copied from their file, however many they are."""
    if summary.attempts is not None:
        more = {**more, "prompts": list(summary.attempts.prompts_to_json())}
    head = json.dumps({"example": example, **summary.to_json(), **more})
    click.echo(head[:-1] + ', "results": [', nl=False)
    if summary.results is not None:
        with summary.results.open("rb") as lines:
            for place, line in enumerate(lines):
                click.echo((b", " if place else b"") + line.rstrip(b"\n"), nl=False)
    click.echo("]}")


def judge(summary: "Summary", min_pass_rate: float, max_failures: int) -> int:
    """Return the exit code that the figures call for, having said why it is not 0."""
    from reward_kit.evaluation.statistics import percent

    code = 0
    if summary.not_graded > max_failures:
        click.echo(f"{summary.not_graded} rows not graded, more than --max-failures {max_failures}", err=True)
        code = 1
    if summary.pass_rate is None or summary.pass_rate < min_pass_rate:
        rate = percent(summary.pass_rate)
        click.echo(f"{rate} passed, less than --min-pass-rate {min_pass_rate:g}", err=True)
        code = 1
    return code
