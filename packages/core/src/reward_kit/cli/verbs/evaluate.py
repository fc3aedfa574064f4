import click


@click.command("evaluate")
@click.pass_obj
def command(context: object) -> None:
    """evaluate."""
