"""``check``: prove that the reward and the data set keep what they promise."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.terminal import Progress, rewards_print_to_stderr, table

if TYPE_CHECKING:
    from reward_kit.evaluation.checking import Offence

__all__ = ["command"]


@click.command("check")
@click.option("--data", type=click.Path(path_type=Path), help="Data set.  [default: the bundled one]")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Replies graded at a time.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="Seconds per reply.")
@click.option("--limit", type=click.IntRange(1), help="Check the first rows only.")
@click.pass_obj
def command(
    context: ExampleContext, *, data: Path | None, workers: int, timeout: float | None, limit: int | None
) -> int:
    """Prove the reward: every reference earns 1.0, and replies that say nothing or a wrong thing earn 0.0.

    Every reply is graded twice and must score the same. Offending rows are named; the exit code is 1 where there
    is any.
    """
    from reward_kit.evaluation.checking import check

    offences: list[Offence] = []
    progress = Progress("checked")
    with rewards_print_to_stderr():
        report = check(
            data or context.bundled_data,
            context.example.reward,
            workers=workers,
            timeout=timeout,
            limit=limit,
            on_offence=offences.append,
            on_row=progress.advance,
        )
    progress.close()
    counts = [(kind, str(count.replies), str(count.right)) for kind, count in report.kinds.items()]
    click.echo(table([("reply", "rows", "as it must be"), *counts]))
    if offences:
        click.echo("")
    for offence in offences:
        click.echo(f"{offence.id}  {offence.kind}: {offence.problem}")
    verdict = "the reward and the data set keep what they promise" if report.passed else f"{report.offences} offences"
    click.echo(f"\n{report.rows} rows: {verdict}")
    return 0 if report.passed else 1
