"""``check``: prove that the reward and the data set keep what they promise."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.service import asked_service
from reward_kit.cli.terminal import Progress, rewards_print_to_stderr, table

if TYPE_CHECKING:
    from reward_kit.evaluation.checking import Offence

__all__ = ["command"]


@click.command("check")
@click.option("--data", type=click.Path(path_type=Path), help="Data set.  [default: the bundled one]")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Replies graded at a time.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="Seconds per reply.")
@click.option("--limit", type=click.IntRange(1), help="Check the first rows only.")
@click.option("--reward", metavar="MODULE:FUNCTION", help="Check another reward on the same data.")
@click.pass_obj
def command(
    context: ExampleContext,
    *,
    data: Path | None,
    workers: int,
    timeout: float | None,
    limit: int | None,
    reward: str | None,
) -> int:
    """Prove the reward: every reference earns 1.0, and replies that say nothing or a wrong thing earn 0.0.

    Every reply is graded twice and must score the same. No source that a packaged evaluator would carry may hold
    what looks like a key; where one does, nothing is graded. Offences are named; the exit code is 1 where there is
    any.
    """
    from reward_kit.evaluation.bundle import load_reward, target_of
    from reward_kit.evaluation.checking import check

    target = reward or target_of(context.example)
    checked = context.example.reward if reward is None else load_reward(target)
    if _tell_keys(target):
        return 1

    offences: list[Offence] = []
    progress = Progress("checked")
    with asked_service(context.example), rewards_print_to_stderr():
        report = check(
            data or context.bundled_data,
            checked,
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


def _tell_keys(target: str) -> bool:
    """Name every key that is written into the sources of the reward; return whether there is any."""
    from reward_kit.errors import UsageError
    from reward_kit.evaluation.bundle import evaluator_sources
    from reward_kit.evaluation.key_lint import written_keys

    try:
        sources = evaluator_sources(target)
    except UsageError as error:
        click.echo(f"not looked for keys in the sources: {error}", err=True)
        return False
    found = list(written_keys(sources))
    for key in found:
        click.echo(str(key))
    return bool(found)
