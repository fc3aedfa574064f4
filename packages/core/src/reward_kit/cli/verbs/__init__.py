"""The verbs that every example has, one module each; a module imports what is heavy only when its verb runs."""

import click

from reward_kit.cli.compare import compare
from reward_kit.cli.report import example_report
from reward_kit.cli.serve import example_serve
from reward_kit.cli.verbs import check, evaluate, monitor, prepare, preview, regenerate, train

__all__ = ["add_verbs"]


def add_verbs(group: click.Group) -> None:
    """Add every verb to ``group``."""
    group.add_command(example_serve)
    group.add_command(compare)
    group.add_command(example_report)
    for module in (prepare, check, evaluate, preview, regenerate, train, monitor):
        group.add_command(module.command)
