"""The command line of this example: the verbs of every example, and ``demo``.

It is a module of its own so that the packaged evaluator, which brings the package's ``__init__``, does without it.
"""

from typing import NoReturn

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line of this example."""
    from reward_kit.cli import example_group, run
    from reward_kit_remote_evaluation.demo_command import command

    group = example_group("remote-evaluation")
    group.add_command(command)
    run(group, arguments)
