"""``monitor``: grade the logs of a deployed model as they grow, and say when its pass rate falls."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.terminal import rewards_print_to_stderr, table
from reward_kit.errors import RemoteError, UsageError

if TYPE_CHECKING:
    from reward_kit.monitoring.monitor import Alert
    from reward_kit.monitoring.store import DayRate, Store

__all__ = ["command"]

LONGEST_TELLING = 10.0
"""Seconds for the webhook to take one alert."""


@click.group("monitor", invoke_without_command=True)
@click.option("--log", type=click.Path(path_type=Path), help="Log file, or a folder of them; rotated ones included.")
@click.option("--store", type=click.Path(path_type=Path), help="The memory.  [default: runs/monitor-EXAMPLE.db]")
@click.option("--data", type=click.Path(path_type=Path), help="Ground truths, by the sample's id or prompt.")
@click.option("--once", is_flag=True, help="Grade what is there and end, with exit code 1 where a pass rate fell.")
@click.option("--interval", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Seconds between looks.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Rows graded at a time.")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="Seconds each."
)
@click.option("--pass-score", type=float, default=1.0, show_default=True, help="A reply passes from this score on.")
@click.option("--alpha", type=click.FloatRange(0, 0.5), default=0.001, show_default=True, help="False alarms let pass.")
@click.option("--baseline-days", type=click.IntRange(1), default=7, show_default=True, help="Days to compare with.")
@click.option("--least-rows", type=click.IntRange(1), default=30, show_default=True, help="Graded rows to compare.")
@click.option(
    "--webhook",
    show_envvar=True,
    help="URL that gets each alert as JSON, once; as a variable it is in no list of processes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per look.")
@click.pass_context
def command(
    context: click.Context,
    *,
    log: Path | None,
    store: Path | None,
    data: Path | None,
    once: bool,
    interval: float,
    workers: int,
    timeout: float,
    pass_score: float,
    alpha: float,
    baseline_days: int,
    least_rows: int,
    webhook: str | None,
    as_json: bool,
) -> int | None:
    """Follow production logs: grade each new reply once, and raise an alert when a pass rate falls.

    The newest day of each model that has enough rows is compared with the days before it by Fisher's exact test,
    one-sided, each time that its rows have doubled. Where the monitor is killed it goes on from where it was. 'export'
    turns failing replies into rows for 'prepare'.
    """
    if context.invoked_subcommand is not None:
        return None
    if log is None:
        message = "found no --log, expected a log file or a folder of them"
        raise UsageError(message)
    from reward_kit.data.samples import read_samples
    from reward_kit.monitoring.monitor import Monitor, MonitorSettings
    from reward_kit.monitoring.production_rows import GroundTruths
    from reward_kit.monitoring.store import Store

    example: ExampleContext = context.obj
    settings = MonitorSettings(
        workers=workers,
        timeout=timeout,
        pass_score=pass_score,
        alpha=alpha,
        baseline_days=baseline_days,
        least_rows=least_rows,
    )
    hook = None if webhook is None else _Hook(webhook)
    named: set[str] = set()
    truths = GroundTruths() if data is None else GroundTruths(read_samples(data))
    with Store(store or _default_store(example)) as memory:
        monitor = Monitor(example.example.reward, log, memory, truths=truths, settings=settings)
        while True:
            with rewards_print_to_stderr():
                new = monitor.poll()
            for problem in {str(found) for found in monitor.problems} - named:
                click.echo(f"{problem}; the other logs are graded", err=True)
                named.add(problem)
            alerts = monitor.alerts()
            if hook is not None:
                hook.tell(example.name, memory)
            if new or once:
                _print(memory.rates(), alerts, new, as_json=as_json)
            if once:
                return 1 if alerts else UsageError.exit_code if monitor.problems else 0
            time.sleep(interval)


@command.command("export")
@click.option("--store", type=click.Path(path_type=Path), help="What a monitor remembered.")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="JSONL file to write.")
@click.option("--since", default="", metavar="YYYY-MM-DD", help="Only replies of that day and later.")
@click.option("--model", help="Only replies of this model.")
@click.pass_obj
def export(context: ExampleContext, *, store: Path | None, output: Path, since: str, model: str | None) -> None:
    """Write the prompts of replies that did not pass as rows that 'prepare --source' takes."""
    from reward_kit.data.atomic import atomic_writer
    from reward_kit.data.jsonl import to_line
    from reward_kit.monitoring.store import Store

    count = 0
    with Store(store or _default_store(context), read_only=True) as memory, atomic_writer(output) as file:
        seen = set()
        for _, sample in memory.failing(since=since, model=model):
            if sample["id"] not in seen:
                seen.add(sample["id"])
                file.write(to_line(sample))
                count += 1
    click.echo(f"{count} rows in {output}")


def _default_store(example: ExampleContext) -> Path:
    return Path("runs") / f"monitor-{example.name}.db"


class _Hook:
    """Who is told of alerts. Whoever knows its URL can write there, so no message shows more than the host."""

    def __init__(self, url: str) -> None:
        from reward_kit.clients.http import HttpClient
        from reward_kit.clients.retry import RetryPolicy

        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        self._path = url.removeprefix(host)
        # One attempt, and not for long: the next look tries again, and the logs do not wait.
        self._client = HttpClient(host, retry=RetryPolicy(retries=0, deadline=LONGEST_TELLING))

    def tell(self, example: str, memory: "Store") -> None:
        """Send the alerts that were not sent; what cannot be delivered is tried again at the next look."""
        for model, day, p_value in memory.untold():
            text = f"{example}: the pass rate of {model} fell on {day} (p = {p_value:.2g})"
            body = {"text": text, "example": example, "model": model, "day": day, "p_value": p_value}
            try:
                self._client.request("POST", self._path, lambda answer: answer.status, body=body)
            except RemoteError as error:
                problem = str(error).replace(self._path, "/…") if len(self._path) > 1 else str(error)
                click.echo(f"the webhook was not told of {model} on {day}: {problem}", err=True)
                return
            memory.told(model, day)


def _print(rates: "list[DayRate]", alerts: "list[Alert]", new: int, *, as_json: bool) -> None:
    if as_json:
        look = {"new": new, "days": [_day(rate) for rate in rates], "alerts": [_alert(alert) for alert in alerts]}
        click.echo(json.dumps(look))
        return
    lines = [("model, day", "passed of graded, not graded")]
    lines += [
        (f"{rate.model}, {rate.day}", f"{rate.passed}/{rate.graded} ({_share(rate)}), {rate.not_graded}")
        for rate in rates
    ]
    click.echo(table(lines))
    for alert in alerts:
        found = alert.found
        click.echo(
            f"ALERT {alert.model} fell on {alert.day}: {found.rate:.1%} of {found.rows}, "
            f"{found.rate_before:.1%} of {found.rows_before} before (p = {found.p_value:.2g})"
        )


def _share(rate: "DayRate") -> str:
    return f"{rate.passed / rate.graded:.1%}" if rate.graded else "-"


def _day(rate: "DayRate") -> dict[str, object]:
    return {
        "model": rate.model,
        "day": rate.day,
        "graded": rate.graded,
        "passed": rate.passed,
        "not_graded": rate.not_graded,
    }


def _alert(alert: "Alert") -> dict[str, object]:
    found = alert.found
    return {
        "model": alert.model,
        "day": alert.day,
        "rate": found.rate,
        "rate_before": found.rate_before,
        "p_value": found.p_value,
    }
