"""The command line: ``reward-kit <example> <verb>`` and, per example, ``reward-kit-<example> <verb>``.

The verbs are written once, in ``cli.verbs``; each gets the example as ``ExampleContext``, which loads it only
when the verb runs, so that ``--help`` stays fast. Results go to stdout, everything for humans to stderr.
"""

import os
import sys
from typing import NoReturn

import click

from reward_kit.cli.compare import compare
from reward_kit.cli.context import ExampleContext
from reward_kit.cli.deploy import deploy
from reward_kit.cli.report import report
from reward_kit.cli.sandbox import sandbox
from reward_kit.cli.secret import generate_key, secret
from reward_kit.cli.serve import serve
from reward_kit.cli.verbs import add_verbs
from reward_kit.errors import RewardKitError

__all__ = ["example_group", "example_main", "main", "run"]

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run ``reward-kit``."""
    run(_Root(name="reward-kit"), arguments)


def example_main(name: str, arguments: list[str] | None = None) -> NoReturn:
    """Run the command line of the installed example ``name``."""
    run(example_group(name), arguments)


def example_group(name: str) -> click.Group:
    """Return the verbs of the example ``name`` as one group."""

    @click.group(name=f"reward-kit-{name}", help=f"The {name} example: prepare, prove, preview, generate, train.")
    @click.version_option(package_name=f"reward-kit-{name}")
    @click.pass_context
    def group(context: click.Context) -> None:
        context.obj = ExampleContext(name)

    add_verbs(group)
    return group


def run(command: click.Command, arguments: list[str] | None = None) -> NoReturn:
    """Run ``command`` and exit: with its code, or with one line on stderr and the code of what went wrong."""
    sys.exit(_exit_code(command, arguments))


def _exit_code(command: click.Command, arguments: list[str] | None) -> int:
    prefix = (command.name or "reward-kit").upper().replace("-", "_")
    try:
        code = command.main(arguments, prog_name=command.name, standalone_mode=False, auto_envvar_prefix=prefix)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        place = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else command.name
        _complain(f"{error.format_message()} (see '{place} --help')")
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted; what was written is kept")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; point stdout elsewhere so that closing it cannot fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except RewardKitError as error:
        _complain(str(error))
        return error.exit_code
    except Exception as error:
        if os.environ.get("REWARD_KIT_TRACEBACK"):
            raise
        _complain(f"{type(error).__name__}: {error} (this is a bug; REWARD_KIT_TRACEBACK=1 shows where)")
        return 1
    return code if isinstance(code, int) else 0


def _complain(message: str) -> None:
    click.echo("error: " + " ".join(message.split()), err=True)


class _Root(click.Group):
    """``reward-kit``: ``list``, and every installed example by its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, help="Write, prove, run and train on reward functions.")
        version = click.version_option(package_name="reward-kit-core")
        version(self)
        self.add_command(_list_examples)
        for command in (compare, sandbox, serve, deploy, report, secret, generate_key):
            self.add_command(command)

    def list_commands(self, ctx: click.Context) -> list[str]:
        from reward_kit.cli.discovery import example_names

        return [*super().list_commands(ctx), *example_names()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from reward_kit.cli.discovery import example_names

        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in example_names():
            return own
        group = example_group(cmd_name)
        group.short_help = "an installed example"
        return group


@click.command("list")
def _list_examples() -> None:
    """List the installed examples."""
    from reward_kit.cli.discovery import example_names, load_example

    for name in example_names():
        click.echo(f"{name}\t{load_example(name).summary}")
