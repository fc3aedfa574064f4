import click


@click.command("check")
@click.pass_obj
def command(context: object) -> None:
    """check."""
