"""``demo``: show the whole way of a remote evaluator in one command."""

import click

__all__ = ["command"]


@click.command("demo")
@click.option("--rows", type=click.IntRange(1, 40), default=5, show_default=True, help="Rows to preview on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Of the service; 0 takes a free one."
)
@click.option("--tunnel", metavar="ssh:HOST[:PORT]|ngrok", help="Reach the service from elsewhere by this.")
@click.option("--ssh-option", "ssh_options", multiple=True, metavar="NAME=VALUE", help="As for ssh -o. [repeatable]")
@click.option("--public-url", metavar="URL", help="Reach the service by this address, which is there already.")
def command(*, rows: int, port: int, tunnel: str | None, ssh_options: tuple[str, ...], public_url: str | None) -> None:
    """Make a key, serve the validator, store the secrets, deploy the evaluator to a local Fireworks, and preview it.

    Everything runs on this machine, and everything is stopped at the end, however that comes. The token of ngrok is
    NGROK_AUTHTOKEN.
    """
    from reward_kit.cli.environment import environment
    from reward_kit.clients.credentials import api_key_from
    from reward_kit.errors import require

    require("serve", "fastapi", "uvicorn", "prometheus_client")
    from reward_kit.serving.tunnels import parse_tunnel
    from reward_kit_remote_evaluation.demo import DemoSettings, demo

    key = api_key_from(environment(), "NGROK_AUTHTOKEN")
    way = None if tunnel is None else parse_tunnel(tunnel, ssh_options=ssh_options, ngrok_key=key)
    settings = DemoSettings(rows=rows, port=port, tunnel=way, public_url=public_url)
    demo(settings, lambda step, outcome: click.echo(f"{step:<12}{outcome}"))
