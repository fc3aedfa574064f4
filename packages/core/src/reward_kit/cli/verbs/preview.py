import click


@click.command("preview")
@click.pass_obj
def command(context: object) -> None:
    """preview."""
