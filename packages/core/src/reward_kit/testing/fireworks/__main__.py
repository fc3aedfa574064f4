"""``python -m reward_kit.testing.fireworks``: serve until SIGINT or SIGTERM; one line on stdout says where."""

import signal
import sys
import threading
from typing import Any

import click

from reward_kit.errors import RewardKitError


def _split(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:  # noqa: ARG001 - a callback
    return [part.strip() for part in value.split(",") if part.strip()]


@click.command(name="python -m reward_kit.testing.fireworks")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--api-key", default="fw_local", show_default=True, help="The key that clients have to send.")
@click.option("--account", "account_id", default="local", show_default=True)
@click.option("--replies", type=click.Path(dir_okay=False), help="JSON lines of recorded replies to answer chats from.")
@click.option("--model", type=click.Choice(["smollm2"]), help="A local model to answer chats with.")
@click.option("--reasoning", type=click.Choice(["inline", "split"]), default="inline", show_default=True)
@click.option("--fault-rate", default=0.0, show_default=True, help="The share of requests that go wrong.")
@click.option("--fault-kinds", default="", callback=_split, help="Separated by commas; all that pass, if left out.")
@click.option("--fault-routes", default="*", show_default=True, help="A glob over 'METHOD /path'.")
@click.option("--fault-seed", default=0, show_default=True)
@click.option("--fault-delay", default=0.5, show_default=True, help="Seconds by which a 'slow' answer is late.")
@click.option("--retry-after", default=1.0, show_default=True, help="Seconds that a 429 asks to wait.")
@click.option("--most-in-a-row", type=int, help="How often the very same request may go wrong in a row.")
def serve(host: str, port: int, api_key: str, account_id: str, replies: str | None, **options: Any) -> None:  # noqa: ANN401 - click
    """Serve a local Fireworks."""
    from reward_kit.testing.fireworks import TRANSIENT_FAULTS, Faults, FireworksServer

    faults = Faults(
        rate=options["fault_rate"],
        kinds=options["fault_kinds"] or TRANSIENT_FAULTS,
        routes=options["fault_routes"],
        seed=options["fault_seed"],
        delay=options["fault_delay"],
        retry_after=options["retry_after"],
        most_in_a_row=options["most_in_a_row"],
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with FireworksServer(
        host=host,
        port=port,
        api_key=api_key,
        account_id=account_id,
        replies=replies,
        model=options["model"],
        reasoning=options["reasoning"],
        faults=faults,
    ) as server:
        click.echo(server.url)
        stop.wait()
    for error in server.unexpected:
        click.echo(f"error: {type(error).__name__}: {error}", err=True)


if __name__ == "__main__":
    try:
        serve()
    except RewardKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
