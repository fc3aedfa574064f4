"""``reward-kit deploy``: put a reward where others can use it."""

from pathlib import Path

import click

from reward_kit.cli.targets import bundle_of

__all__ = ["deploy"]

KEYS = ("FIREWORKS_API_KEY", "RK_ENDPOINT_API_KEY")
"""Variables whose values are in no source that is sent."""


@click.command("deploy")
@click.argument("target")
@click.option("--target", "where", type=click.Choice(["fireworks"]), default="fireworks", show_default=True)
@click.option("--id", "evaluator_id", required=True, help="Its id there: small letters, digits and hyphens.")
@click.option("--display-name", default="", help="What people see.  [default: the id]")
@click.option("--description", default="", help="What it rewards.")
@click.option("--remote-url", metavar="URL", help="Deploy one that asks this server instead of grading itself.")
@click.option("--remote-key", metavar="VARIABLE", help="The secret that holds the key of that server.")
@click.option("--secret", "held", metavar="VARIABLE", multiple=True, help="Send no source that holds its value.")
@click.option("--base-url", metavar="URL", help="Another service.  [env: FIREWORKS_API_BASE]")
@click.option("--account-id", metavar="ID", help="Account.  [default: the key's own; env: FIREWORKS_ACCOUNT_ID]")
@click.option("--env-file", type=click.Path(path_type=Path), help="File of NAME=value lines with the key.")
@click.option("--deadline", type=click.FloatRange(1), default=900.0, show_default=True, help="Seconds to wait.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
def deploy(
    target: str,
    *,
    where: str,
    evaluator_id: str,
    display_name: str,
    description: str,
    remote_url: str | None,
    remote_key: str | None,
    held: tuple[str, ...],
    base_url: str | None,
    account_id: str | None,
    env_file: Path | None,
    deadline: float,
    dry_run: bool,
) -> None:
    """Deploy TARGET, module:function or an installed example, to Fireworks, or update it there.

    The reward is packaged with all that it needs, uploaded and built; a build that fails ends with its log. Sources
    that hold a key are not sent: neither text in the shape of one, nor the value of FIREWORKS_API_KEY,
    RK_ENDPOINT_API_KEY or a --secret.
    """
    from reward_kit.cli.environment import environment
    from reward_kit.clients.fireworks import connect
    from reward_kit.deployment.fireworks import archive_of, deploy_evaluator

    variables = environment(env_file)
    secrets = [variables.get(name, "").strip() for name in (*KEYS, *held)]
    bundle = bundle_of(target, remote_url=remote_url, remote_key=remote_key, secrets=secrets)
    if dry_run:
        click.echo(f"{evaluator_id} at {where}: {len(bundle.files)} files, {len(archive_of(bundle))} bytes packed")
        for name in sorted(bundle.files):
            click.echo(f"  {name}")
        for requirement in bundle.requirements:
            click.echo(f"  needs {requirement}")
        return
    with connect(base_url=base_url, account_id=account_id, environment=variables) as client:
        found = deploy_evaluator(
            client,
            bundle,
            evaluator_id,
            display_name=display_name,
            description=description,
            deadline=deadline,
            on_state=lambda state: click.echo(state, err=True),
        )
    click.echo(f"{'updated' if found.updated else 'created'} {found.name}")
