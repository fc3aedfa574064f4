"""``report``: show runs as one HTML file, which opens anywhere and asks no network."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from reward_kit.cli.context import ExampleContext

__all__ = ["example_report", "report"]

RUNS = "runs"
_ROWS = 10_000


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what both forms of the verb take."""
    path = click.Path(path_type=Path)
    for decorate in (
        click.option("--rows", type=click.IntRange(1), default=_ROWS, show_default=True, help="Most rows of each run."),
        click.option("--title", default="", help="Title of the page.  [default: the names of the runs]"),
        click.option("--replies", type=path, multiple=True, help="Look for the replies of the runs here as well."),
        click.option("--data", type=path, multiple=True, help="Look for the data sets of the runs here as well."),
        click.option("--output", type=path, help="HTML file to write.  [default: report.html in the first run]"),
        click.argument("runs", nargs=-1, required=True, metavar="RUN..."),
    ):
        command = decorate(command)
    return command


@click.command("report")
@_options
def report(
    runs: tuple[str, ...],
    *,
    output: Path | None,
    data: tuple[Path, ...],
    replies: tuple[Path, ...],
    title: str,
    rows: int,
) -> None:
    """Write an HTML page of what 'evaluate' or 'train' kept in RUN, a folder or its name under runs/.

    Prompts and replies come from the files that a run was made with, where they are still the same.
    """
    _write(runs, output, [*data, *replies], title=title, rows=rows)


@click.command("report")
@_options
@click.pass_obj
def example_report(
    context: ExampleContext,
    runs: tuple[str, ...],
    *,
    output: Path | None,
    data: tuple[Path, ...],
    replies: tuple[Path, ...],
    title: str,
    rows: int,
) -> None:
    """Write an HTML page of what 'evaluate' or 'train' kept in RUN, a folder or its name under runs/.

    Prompts and replies come from the files that a run was made with, where they are still the same, and from the
    bundled data set.
    """
    _write(runs, output, [*data, *replies, context.bundled_data], title=title, rows=rows)


def _write(runs: Sequence[str], output: Path | None, candidates: Sequence[Path], *, title: str, rows: int) -> None:
    from reward_kit.report import write_report

    folders = [Path(run) if Path(run).is_dir() else Path(RUNS) / run for run in runs]
    page = output or folders[0] / "report.html"
    click.echo(write_report(folders, page, candidates=candidates, most_rows=rows, title=title))
