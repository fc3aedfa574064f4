"""``regenerate``: ask a language model for replies to the data set, and grade what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.environment import environment
from reward_kit.cli.service import asked_service
from reward_kit.cli.summaries import print_json, print_summary
from reward_kit.cli.terminal import Progress, rewards_print_to_stderr
from reward_kit.errors import RemoteError, UsageError

if TYPE_CHECKING:
    from reward_kit.clients.chat import ChatClient
    from reward_kit.clients.http import HttpClient
    from reward_kit.evaluation.results import Summary
    from reward_kit.generation import GenerationReport, Question

__all__ = ["command"]

SHOWN_FAILURES = 10
REMOTE_FAILED = 4
SHORTEST_DEADLINE = 900.0
"""Seconds that a row has at least, with all its attempts and waits."""


@click.command("regenerate")
@click.option("--data", type=click.Path(path_type=Path), help="Data set.  [default: the bundled one]")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="File of the replies; the run that grades them goes beside it.  [default: runs/EXAMPLE-replies.jsonl]",
)
@click.option("--limit", type=click.IntRange(1), help="Ask the first rows only.")
@click.option("--attempts", type=click.IntRange(1), metavar="K", help="Replies per row, for pass@1 and pass@K.")
@click.option("--model", help="Model.  [default: the example's]")
@click.option("--temperature", type=click.FloatRange(0, 2), help="[default: the example's]")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="[default: the example's]")
@click.option("--max-tokens", type=click.IntRange(1), help="Longest reply.  [default: the example's]")
@click.option("--seed", type=int, help="Sent along, for endpoints that know it.")
@click.option("--base-url", metavar="URL", help="OpenAI-compatible endpoint.  [default: Fireworks' inference/v1]")
@click.option("--api-key-env", metavar="NAME", help="Variable with the key of another endpoint than Fireworks.")
@click.option("--env-file", type=click.Path(path_type=Path), help="File of NAME=value lines with the key.")
@click.option("--concurrency", type=click.IntRange(1, 256), default=8, show_default=True, help="Requests at a time.")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), default=300.0, show_default=True, help="Seconds per request."
)
@click.option("--retries", type=click.IntRange(0), default=8, show_default=True, help="Further attempts per row.")
@click.option(
    "--cache-dir", type=click.Path(path_type=Path), default=".reward_kit_cache", show_default=True, help="Reply cache."
)
@click.option("--no-cache", is_flag=True, help="Ask for every reply, and cache none.")
@click.option("--replay", type=click.Path(path_type=Path), help="Grade the recorded replies in this file; ask nobody.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every result.")
@click.pass_obj
def command(
    context: ExampleContext,
    *,
    data: Path | None,
    output: Path | None,
    limit: int | None,
    attempts: int | None,
    model: str | None,
    temperature: float | None,
    top_p: float | None,
    max_tokens: int | None,
    seed: int | None,
    base_url: str | None,
    api_key_env: str | None,
    env_file: Path | None,
    concurrency: int,
    timeout: float,
    retries: int,
    cache_dir: Path,
    no_cache: bool,
    replay: Path | None,
    as_json: bool,
) -> int:
    """Ask a language model for replies, and grade them.

    The replies are kept as they arrive; after an interruption the same command goes on where it was. A row without
    a reply is not graded, is asked for again by the next run, and makes the exit code 4.
    """
    target = _Target(
        data=data or context.bundled_data,
        limit=limit,
        attempts=attempts,
        file=output or Path("runs") / f"{context.name}-replies.jsonl",
    )
    changes = {"model": model, "temperature": temperature, "top_p": top_p, "max_tokens": max_tokens}
    if replay is not None:
        _refuse_with_replay({**changes, "seed": seed, "base_url": base_url, "api_key_env": api_key_env})
        return _tell(context.name, _graded(context, target, replay), None, as_json=as_json)
    question = _question(context, changes, seed)
    with _http(
        base_url, api_key_env, environment(env_file), concurrency=concurrency, timeout=timeout, retries=retries
    ) as http:
        report = _asked(target, _chat(http, None if no_cache else cache_dir), question, concurrency)
    summary = None if report.answered == 0 else _graded(context, target, None, report)
    return _tell(context.name, summary, report, as_json=as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What is to have replies, and where they go."""

    data: Path
    limit: int | None
    attempts: int | None
    file: Path


def _refuse_with_replay(options: Mapping[str, object]) -> None:
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
    if given:
        message = (
            f"found --replay with {', '.join(given)}; recorded replies are graded as they are, and nobody is asked"
        )
        raise UsageError(message)


def _question(context: ExampleContext, changes: Mapping[str, Any], seed: int | None) -> "Question":
    from reward_kit.generation import Question

    example = context.example
    given = {name: value for name, value in changes.items() if value is not None}
    settings = replace(example.generation, **given)
    return Question(settings=settings, system_prompt=example.system_prompt, seed=seed)


def _http(
    base_url: str | None,
    api_key_env: str | None,
    variables: Mapping[str, str],
    *,
    concurrency: int,
    timeout: float,
    retries: int,
) -> "HttpClient":
    from reward_kit.clients.fireworks import inference_endpoint
    from reward_kit.clients.http import HttpClient
    from reward_kit.clients.retry import RetryPolicy

    endpoint = inference_endpoint(base_url=base_url, key_name=api_key_env, environment=variables)
    return HttpClient(
        endpoint.url,
        key=endpoint.key,
        read_timeout=timeout,
        retry=RetryPolicy(retries=retries, deadline=max(SHORTEST_DEADLINE, 3 * timeout)),
        connections=concurrency,
    )


def _chat(http: "HttpClient", cache: Path | None) -> "ChatClient":
    from reward_kit.clients.cache import ReplyCache
    from reward_kit.clients.chat import ChatClient

    return ChatClient(http, cache=None if cache is None else ReplyCache(cache))


def _asked(target: _Target, client: "ChatClient", question: "Question", concurrency: int) -> "GenerationReport":
    from reward_kit.data import read_samples
    from reward_kit.evaluation.runs import file_mark
    from reward_kit.generation import generate

    attempts = target.attempts or 1
    progress = Progress("asked", lambda: attempts * (target.limit or file_mark(target.data).lines))
    try:
        return generate(
            read_samples(target.data, limit=target.limit),
            client,
            question,
            target.file,
            attempts=attempts,
            concurrency=concurrency,
            on_reply=lambda _: progress.advance(),
        )
    except RemoteError:
        click.echo(f"replies so far are in {str(target.file)!r}; the same command goes on from there", err=True)
        raise
    finally:
        progress.close()


def _graded(
    context: ExampleContext, target: _Target, replay: Path | None, report: "GenerationReport | None" = None
) -> "Summary":
    """Grade recorded replies, or those that were asked for; rows without one count as not graded."""
    from reward_kit.data import read_replies, read_samples
    from reward_kit.evaluation.runner import evaluate
    from reward_kit.evaluation.runs import next_run

    samples = None if target.limit is None else list(read_samples(target.data, limit=target.limit))
    replies: Any = replay or target.file
    if samples is not None and report is not None:
        ids = {sample.id for sample in samples}
        replies = (reply for reply in read_replies(target.file) if reply.id in ids)
    with asked_service(context.example), rewards_print_to_stderr():
        summary = evaluate(
            target.data if samples is None or replay else samples,
            context.example.reward,
            replies=replies,
            attempts=target.attempts,
            limit=target.limit if replay else None,
            run_dir=next_run(target.file.parent, context.name),
            resume=True,
            example=context.name,
        )
    missing = len(report.failures) if report is not None else 0
    return replace(summary, rows=summary.rows + missing, not_graded=summary.not_graded + missing)


def _tell(example: str, summary: "Summary | None", report: "GenerationReport | None", *, as_json: bool) -> int:
    """Print the outcome, and return the exit code."""
    failures = report.failures if report is not None else ()
    generation = None if report is None else report.to_json()
    if summary is not None and as_json:
        print_json(example, summary, generation=generation)
    elif summary is not None:
        print_summary(summary, quiet=False)
    for failure in failures[:SHOWN_FAILURES]:
        click.echo(f"no reply to {failure.id}: {failure.error}", err=True)
    if failures:
        message = f"{len(failures)} rows have no reply; the same command asks for them again"
        click.echo(message, err=True)
        return REMOTE_FAILED
    if summary is not None and summary.not_graded:
        click.echo(f"{summary.not_graded} rows not graded", err=True)
        return 1
    return 0
