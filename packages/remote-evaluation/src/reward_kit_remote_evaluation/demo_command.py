"""``demo``."""

import click


@click.command("demo")
def command() -> None:
    """Show it all."""
