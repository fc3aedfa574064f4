"""``evaluate``: grade the data set's references, or model replies, and say what they amount to."""

from contextlib import suppress
from pathlib import Path

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.service import asked_service
from reward_kit.cli.summaries import judge, print_json, print_summary
from reward_kit.cli.terminal import Progress, rewards_print_to_stderr
from reward_kit.errors import RewardKitError, UsageError

__all__ = ["command"]

LATEST = ""
"""What ``--resume`` without a name gives."""


@click.command("evaluate")
@click.option("--data", type=click.Path(path_type=Path), help="Data set.  [default: the bundled one]")
@click.option("--replies", type=click.Path(path_type=Path), help="Grade the model replies in this file instead.")
@click.option("--attempts", type=click.IntRange(1), metavar="K", help="Several replies per row: pass@1 and pass@K.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Rows graded at a time.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="Seconds per row; then it is not graded.")
@click.option("--limit", type=click.IntRange(1), help="Grade the first rows only.")
@click.option(
    "--output", type=click.Path(path_type=Path), default="runs", show_default=True, help="Folder of the runs."
)
@click.option("--run-id", help="Name of the run; one that is there is continued.  [default: the next number]")
@click.option(
    "--resume", is_flag=False, flag_value=LATEST, metavar="[RUN]", help="Continue a run, or the latest unfinished."
)
@click.option("--pass-score", type=float, default=1.0, show_default=True, help="A row passes from this score on.")
@click.option("--min-pass-rate", type=click.FloatRange(0, 1), help="Exit 1 below it.  [default: 1 for references]")
@click.option(
    "--max-failures", type=click.IntRange(0), default=0, show_default=True, help="Rows that may be not graded."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every result.")
@click.option("--quiet", is_flag=True, help="Print one line.")
@click.pass_obj
def command(
    context: ExampleContext,
    *,
    data: Path | None,
    replies: Path | None,
    attempts: int | None,
    workers: int,
    timeout: float | None,
    limit: int | None,
    output: Path,
    run_id: str | None,
    resume: str | None,
    pass_score: float,
    min_pass_rate: float | None,
    max_failures: int,
    as_json: bool,
    quiet: bool,
) -> int:
    """Grade the references of the data set, or model replies.

    Every result is kept in results.jsonl of a run; a run that was killed is continued by --resume. The exit code
    is 1 below the pass rate that is asked for, or where more rows than allowed could not be graded.
    """
    from reward_kit.evaluation.runner import evaluate
    from reward_kit.evaluation.runs import file_mark

    if attempts is not None and replies is None:
        message = "found --attempts without --replies, expected a file of replies; a row has one reference"
        raise UsageError(message)
    example, path = context.example, data or context.bundled_data
    folder = _run_folder(output, context.name, run_id, resume)
    progress = Progress("graded", lambda: file_mark(replies or path).lines, hidden=quiet)
    try:
        with asked_service(example), rewards_print_to_stderr():
            summary = evaluate(
                path,
                example.reward,
                replies=replies,
                attempts=attempts,
                workers=workers,
                timeout=timeout,
                limit=limit,
                pass_score=pass_score,
                run_dir=folder,
                resume=True,
                example=example.name,
                on_row=lambda _: progress.advance(),
            )
    except RewardKitError:
        with suppress(OSError):
            folder.rmdir()  # where nothing was begun
        raise
    except KeyboardInterrupt:
        progress.close()
        click.echo(f"to go on: --output {output} --resume {folder.name}", err=True)
        raise
    progress.close()
    if as_json:
        print_json(example.name, summary)
    else:
        print_summary(summary, quiet=quiet)
    floor = min_pass_rate if min_pass_rate is not None else (0.0 if replies else 1.0)
    return judge(summary, floor, max_failures)


def _run_folder(output: Path, example: str, run_id: str | None, resume: str | None) -> Path:
    """Return the folder of the run; one that is there is continued."""
    from reward_kit.evaluation.runs import latest_unfinished, next_run, read_run

    if run_id is not None and resume is not None:
        message = "found both --run-id and --resume, expected one; --run-id continues a run that is there"
        raise UsageError(message)
    name = run_id if run_id is not None else resume
    if name and (Path(name).name != name or name in {".", ".."}):
        message = f"found the run {name!r}, expected a name without a slash; --output is the folder of the runs"
        raise UsageError(message)
    if run_id is not None:
        if not run_id:
            message = "found an empty --run-id, expected a name"
            raise UsageError(message)
        return output / run_id
    if resume is None:
        return next_run(output, example)
    folder = output / resume if resume != LATEST else latest_unfinished(output, example)
    if read_run(folder) is None:
        message = f"found no run {resume!r} in {str(output)!r}; leave --resume away to start one"
        raise UsageError(message)
    return folder
