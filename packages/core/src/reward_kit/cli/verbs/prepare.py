"""``prepare``: make a data set of the real source, from the hub or from a local copy."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.terminal import Progress, rewards_print_to_stderr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reward_kit.data.sources import SourceRow
    from reward_kit.example import HubSource

__all__ = ["command"]


@click.command("prepare")
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="File, folder or name of a package to read, or hub.  [default: hub]",
)
@click.option("--split", help="Such as train, train[:100], test[:10%].  [default: that of the example]")
@click.option("--output", type=click.Path(path_type=Path), help="Data set to write.  [default: EXAMPLE.jsonl]")
@click.option("--skip-invalid", is_flag=True, help="Put unusable rows into OUTPUT.rejects.jsonl, with reasons.")
@click.option("--limit", type=click.IntRange(1), help="Read the first rows of the split only.")
@click.pass_obj
def command(
    context: ExampleContext,
    *,
    source: Path | None,
    split: str | None,
    output: Path | None,
    skip_invalid: bool,
    limit: int | None,
) -> None:
    """Make a data set of the example's source: valid, with stable ids, and proven to be gradable.

    The source is a data set of the Hugging Face hub at a pinned commit, a file (.jsonl, .jsonl.gz, .json, .parquet) or
    folder with the same rows, or a package that carries some. Rows that are not what the example is about are left
    out. Where the data set came from, and how many rows were left out for which reason, is written beside it.
    """
    from reward_kit.data.provenance import Provenance, provenance_path
    from reward_kit.evaluation.preparing import prepare

    example = context.example
    target = output or Path(f"{context.name}.jsonl")
    package = example.packages.get(str(source))
    wanted = "all" if package is not None else split or example.source.split
    if package is not None:
        rows, origin, revision = package.rows(), f"package: {source}", package.revision()
        skip_invalid = True
    else:
        rows, origin, revision = _rows(example.source, None if str(source) == "hub" else source, wanted)
    progress = Progress("prepared")
    with rewards_print_to_stderr():
        prepared = prepare(progress.counting(rows), example, target, skip_invalid=skip_invalid, limit=limit)
    progress.close()
    Provenance(
        origin=origin,
        revision=revision,
        split=wanted if limit is None else f"{wanted}, first {limit} rows",
        licence=", ".join(prepared.licences) or (package or example.source).licence,
        rows=prepared.rows,
        sha256=prepared.sha256,
        rejected=prepared.reasons,
    ).write(provenance_path(target))
    click.echo(f"{prepared.rows} rows in {target}")
    if prepared.repeated:
        click.echo(f"{prepared.repeated} rows repeat an earlier one; each has an id of its own", err=True)
    if prepared.rejected:
        click.echo(f"{prepared.rejected} rows rejected, see {prepared.rejects}", err=True)
        for reason, count in prepared.reasons.items():
            click.echo(f"{count:>6}  {reason}", err=True)


def _rows(hub: "HubSource", source: Path | None, split: str) -> "tuple[Iterator[SourceRow], str, str]":
    """Return the rows, where they are from, and what pins that."""
    if source is None:
        from reward_kit.data.hub import hub_rows

        origin = f"{hub.repo} ({hub.config})" if hub.config else hub.repo
        return hub_rows(hub, split), f"hub: {origin}", hub.revision
    from reward_kit.data.sources import local_files, local_rows, sha256_of_files
    from reward_kit.data.splits import Split

    part = Split.parse(split)
    files = local_files(source, part, config=hub.config)
    names = ", ".join(file.name for file in files)
    return local_rows(source, part, config=hub.config), f"local: {names}", f"sha256:{sha256_of_files(files)}"
