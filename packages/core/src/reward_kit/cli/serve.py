"""``serve``: answer gradings over HTTP, for any reward by its name and for an example by its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.service import served_reward
from reward_kit.cli.targets import reward_of

__all__ = ["example_serve", "serve"]

F = TypeVar("F", bound=Callable[..., Any])
KEY_VARIABLE = "RK_ENDPOINT_API_KEY"


def _options(function: F) -> F:
    """Add what both commands take."""
    for option in reversed(
        (
            click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
            click.option(
                "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one."
            ),
            click.option("--workers", type=click.IntRange(1), help="Gradings at a time.  [default: one per core]"),
            click.option(
                "--timeout",
                type=click.FloatRange(0, min_open=True),
                default=60.0,
                show_default=True,
                help="Seconds each.",
            ),
            click.option("--max-queue", type=click.IntRange(1), default=1024, show_default=True, help="Then 429."),
            click.option(
                "--max-batch", type=click.IntRange(1), default=256, show_default=True, help="Items of a batch."
            ),
            click.option(
                "--max-body", type=click.IntRange(1), default=8 * 2**20, show_default=True, help="Bytes of a request."
            ),
            click.option(
                "--body-timeout",
                type=click.FloatRange(0, min_open=True),
                default=30.0,
                show_default=True,
                help="Seconds for a request to be whole.",
            ),
            click.option("--open-to-all", is_flag=True, help="Listen on any address without a key."),
            click.option("--env-file", type=click.Path(path_type=Path), help="Variables, for those that are not set."),
        )
    ):
        function = option(function)
    return function


@click.command("serve")
@click.argument("target")
@_options
def serve(target: str, **options: Any) -> None:  # noqa: ANN401 - the options above
    """Serve TARGET, module:function or an installed example, over HTTP.

    Clients send the key in RK_ENDPOINT_API_KEY as 'Authorization: Bearer' or 'X-Api-Key'. Without a key the server
    listens on loopback only. SIGTERM and Ctrl-C finish what was taken.
    """
    _serve(reward_of(target, to_serve=True), options)


@click.command("serve")
@_options
@click.pass_obj
def example_serve(context: ExampleContext, /, **options: Any) -> None:  # noqa: ANN401 - the options above
    """Serve the example's reward over HTTP.

    Clients send the key in RK_ENDPOINT_API_KEY as 'Authorization: Bearer' or 'X-Api-Key'. Without a key the server
    listens on loopback only. SIGTERM and Ctrl-C finish what was taken.
    """
    _serve(served_reward(context.example), options)


def _serve(reward: Callable[..., Any], options: dict[str, Any]) -> None:
    from reward_kit.cli.environment import environment
    from reward_kit.clients.credentials import api_key_from
    from reward_kit.errors import require

    require("serve", "fastapi", "uvicorn", "prometheus_client")
    from reward_kit.grading import name_of
    from reward_kit.serving.run import serve as run
    from reward_kit.serving.settings import ServeSettings

    key = api_key_from(environment(options.pop("env_file")), KEY_VARIABLE)
    if options["workers"] is None:
        del options["workers"]
    settings = ServeSettings(key=key, **options)
    who = f"for clients with the key of {KEY_VARIABLE}" if key else "without a key"
    run(reward, settings, on_start=lambda url: click.echo(f"{name_of(reward)} at {url}, {who}", err=True))
