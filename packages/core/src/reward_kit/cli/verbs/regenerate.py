import click


@click.command("regenerate")
@click.pass_obj
def command(context: object) -> None:
    """regenerate."""
