"""``reward-kit sandbox``: what confines the programs that this machine would run for a code reward."""

import json

import click

__all__ = ["sandbox"]


@click.command("sandbox")
@click.option(
    "--backend",
    type=click.Choice(["auto", "native", "docker"]),
    default="auto",
    show_default=True,
    help="Which backend to examine.",
)
@click.option("--image", help="The image that the docker backend runs.")
@click.option(
    "--require", type=click.Choice(["L1", "L2", "L3"]), default="L1", show_default=True, help="Weakest level."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def sandbox(backend: str, image: str | None, require: str, as_json: bool) -> int:  # noqa: FBT001 - click calls by name
    """List what confines a program here: in force or missing, and what that means.

    Exits with 3 where no program would be run.
    """
    from reward_kit.sandbox.survey import survey

    found = survey(backend, image=image, require=require)
    if as_json:
        click.echo(json.dumps(found.as_dict()))
    else:
        for item in found.restrictions:
            click.echo(f"{'in force' if item.in_force else 'missing ':8}  {item.name}: {item.meaning}")
    verdict = f"{found.backend}: level {found.level}" + ("" if found.usable else "; no program is run here")
    click.echo(verdict if found.usable else f"error: {verdict} ({found.problem})", err=True)
    return 0 if found.usable else 3
