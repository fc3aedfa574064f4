"""``reward-kit secret`` and ``reward-kit generate-key``: the secrets that a deployed evaluator reads."""

import secrets
import sys
from pathlib import Path

import click

from reward_kit.errors import UsageError

__all__ = ["generate_key", "secret"]

KEY_BYTES = 32


@click.command("generate-key")
def generate_key() -> None:
    """Print a strong key: 256 random bits, as text that fits a header."""
    click.echo(secrets.token_urlsafe(KEY_BYTES))


@click.group("secret")
@click.option("--base-url", metavar="URL", help="Another service.  [env: FIREWORKS_API_BASE]")
@click.option("--account-id", metavar="ID", help="Account.  [default: the key's own; env: FIREWORKS_ACCOUNT_ID]")
@click.option("--env-file", type=click.Path(path_type=Path), help="File of NAME=value lines with the key.")
@click.pass_context
def secret(context: click.Context, *, base_url: str | None, account_id: str | None, env_file: Path | None) -> None:
    """Keep secrets at Fireworks, where evaluators find them as environment variables."""
    context.obj = (base_url, account_id, env_file)


@secret.command("set")
@click.argument("name")
@click.option("--from-env", "variable", metavar="VARIABLE", help="Take the value from this environment variable.")
@click.pass_obj
def set_secret(settings: tuple[str | None, str | None, Path | None], name: str, variable: str | None) -> None:
    """Store the secret NAME, such as SCORER_KEY, in place of what is there.

    The value is read from standard input, or from a variable; never from the arguments, which others can see.
    """
    from reward_kit.cli.environment import environment
    from reward_kit.clients.fireworks import connect
    from reward_kit.clients.fireworks_secrets import put_secret

    base_url, account_id, env_file = settings
    variables = environment(env_file)
    value = variables.get(variable, "") if variable else _asked(name)
    if not value:
        source = f"the variable {variable!r}" if variable else "standard input"
        message = f"found no value in {source}, expected the secret"
        raise UsageError(message)
    with connect(base_url=base_url, account_id=account_id, environment=variables) as client:
        click.echo(f"{put_secret(client, name, value)} {name}")


@secret.command("list")
@click.pass_obj
def list_secrets(settings: tuple[str | None, str | None, Path | None]) -> None:
    """List the secrets by name, without values."""
    from reward_kit.cli.environment import environment
    from reward_kit.clients import fireworks_secrets
    from reward_kit.clients.fireworks import connect

    base_url, account_id, env_file = settings
    with connect(base_url=base_url, account_id=account_id, environment=environment(env_file)) as client:
        for found in fireworks_secrets.list_secrets(client):
            click.echo(f"{found.key_name}\t{found.id}")


@secret.command("delete")
@click.argument("name")
@click.pass_obj
def delete_secret(settings: tuple[str | None, str | None, Path | None], name: str) -> int:
    """Delete the secret NAME; exit with 1 where there is none."""
    from reward_kit.cli.environment import environment
    from reward_kit.clients import fireworks_secrets
    from reward_kit.clients.fireworks import connect

    base_url, account_id, env_file = settings
    with connect(base_url=base_url, account_id=account_id, environment=environment(env_file)) as client:
        deleted = fireworks_secrets.delete_secret(client, name)
    click.echo(f"deleted {name}" if deleted else f"found no secret {name}", err=not deleted)
    return 0 if deleted else 1


def _asked(name: str) -> str:
    if sys.stdin.isatty():
        value: str = click.prompt(f"value of {name}", hide_input=True, err=True)
        return value
    return sys.stdin.read().strip("\r\n")
