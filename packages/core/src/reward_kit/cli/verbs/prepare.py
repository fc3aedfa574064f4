import click


@click.command("prepare")
@click.pass_obj
def command(context: object) -> None:
    """prepare."""
