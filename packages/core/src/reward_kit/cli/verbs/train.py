import click


@click.command("train")
@click.pass_obj
def command(context: object) -> None:
    """train."""
