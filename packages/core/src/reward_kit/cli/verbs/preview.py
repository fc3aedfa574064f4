"""``preview``: have Fireworks run the packaged evaluator, and compare what it gives with what is given here."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.environment import environment
from reward_kit.cli.service import named_service
from reward_kit.cli.terminal import rewards_print_to_stderr, table

if TYPE_CHECKING:
    from reward_kit.evaluation.conversations import Conversation
    from reward_kit.evaluation.preview import PreviewedSample
    from reward_kit.example import Example
    from reward_kit.models import EvaluateResult

__all__ = ["command"]

TOLERANCE = 1e-6
"""Scores closer than this are equal: a service may keep them in single precision."""
REFUSED = 400


@click.command("preview")
@click.option("--data", type=click.Path(path_type=Path), help="Data set.  [default: the bundled one]")
@click.option("--replies", type=click.Path(path_type=Path), help="Preview on the model replies in this file instead.")
@click.option("--samples", type=click.IntRange(1), default=100, show_default=True, help="Rows to preview on.")
@click.option("--base-url", metavar="URL", help="Another service.  [env: FIREWORKS_API_BASE]")
@click.option("--account-id", metavar="ID", help="Account.  [default: the key's own; env: FIREWORKS_ACCOUNT_ID]")
@click.option("--env-file", type=click.Path(path_type=Path), help="File of NAME=value lines with the key.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every row.")
@click.pass_obj
def command(
    context: ExampleContext,
    *,
    data: Path | None,
    replies: Path | None,
    samples: int,
    base_url: str | None,
    account_id: str | None,
    env_file: Path | None,
    as_json: bool,
) -> int:
    """Run the evaluator at Fireworks, and compare its scores with the local ones.

    The reward is packaged with all that it needs and posted with the rows; nothing is kept there. The key is
    FIREWORKS_API_KEY, or api_key of ~/.fireworks/auth.ini. The exit code is 1 where any score differs or the
    evaluator fails on a row.
    """
    from reward_kit.clients.explain import whole_message
    from reward_kit.clients.fireworks import connect
    from reward_kit.errors import RemoteStatusError
    from reward_kit.evaluation.bundle import bundle_example
    from reward_kit.evaluation.preview import preview_evaluation

    variables = environment(env_file)
    example = context.example
    with connect(base_url=base_url, account_id=account_id, environment=variables) as client:
        named_service(example)
        conversations = _conversations(data or context.bundled_data, replies, samples)
        bundle = bundle_example(example, secrets=[variables.get("FIREWORKS_API_KEY", "")])
        click.echo(f"evaluator: {len(bundle.files)} files, sha256 {bundle.digest[:16]}, to {client!r}", err=True)
        try:
            result = preview_evaluation(
                bundle=bundle, samples=map(_row, conversations), max_samples=len(conversations), client=client
            )
        except RemoteStatusError as error:
            if error.status != REFUSED:
                raise
            click.echo(f"the service refuses the evaluator:\n{whole_message(error.body)}", err=True)
            return 1
    rows = _compared(example, conversations, result.results)
    if as_json:
        click.echo(json.dumps(_object(example.name, bundle.digest, rows)))
    else:
        _print(rows)
    return 0 if all(row.equal for row in rows) else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row here and there."""

    id: str
    local: "EvaluateResult"
    remote: "PreviewedSample"

    @property
    def equal(self) -> bool:
        return (
            self.local.is_score_valid
            and self.remote.score is not None
            and math.isclose(self.local.score, self.remote.score, rel_tol=0.0, abs_tol=TOLERANCE)
        )

    @property
    def verdict(self) -> str:
        return "equal" if self.equal else "FAILED" if self.remote.score is None else "DIFFERS"


def _conversations(data: Path, replies: Path | None, count: int) -> list["Conversation"]:
    from reward_kit.data import read_samples
    from reward_kit.errors import DataError
    from reward_kit.evaluation.conversations import reference_conversations
    from reward_kit.evaluation.pairing import Pairing

    samples = read_samples(data)
    pairs = reference_conversations(samples) if replies is None else Pairing(replies, samples).conversations()
    found = list(islice(pairs, count))
    if not found:
        problem = "found no rows, expected at least one"
        raise DataError(problem, path=replies or data)
    return found


def _row(conversation: "Conversation") -> dict[str, Any]:
    return {
        **conversation.extra,
        "messages": [message.to_wire() for message in conversation.messages],
        "ground_truth": conversation.ground_truth,
    }


def _compared(
    example: "Example", conversations: Sequence["Conversation"], remote: Sequence["PreviewedSample"]
) -> list[_Row]:
    from reward_kit.evaluation.engines import grade_all

    with rewards_print_to_stderr():
        local = list(grade_all(conversations, example.reward))
    return [
        _Row(id=graded.conversation.id, local=graded.result, remote=there)
        for graded, there in zip(local, remote, strict=True)
    ]


def _print(rows: Sequence[_Row]) -> None:
    lines = [
        (row.id, _shown(row.local.score if row.local.is_score_valid else None), _shown(row.remote.score), row.verdict)
        for row in rows
    ]
    click.echo(table([("row", "local", "remote", ""), *lines]))
    failures: dict[str, list[str]] = {}
    for row in rows:
        if row.remote.error:
            failures.setdefault(f"failed at the service:\n{row.remote.error.strip()}", []).append(row.id)
        if row.local.error:
            failures.setdefault(f"not graded here: {row.local.error}", []).append(row.id)
    for failure, ids in failures.items():
        others = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        click.echo(f"\n{ids[0]}{others} {failure}")
    click.echo(f"\n{sum(row.equal for row in rows)}/{len(rows)} equal")


def _shown(score: float | None) -> str:
    return "-" if score is None else f"{score:.4f}"


def _object(example: str, digest: str, rows: Sequence[_Row]) -> dict[str, Any]:
    return {
        "example": example,
        "rows": len(rows),
        "equal": sum(row.equal for row in rows),
        "differ": sum(row.verdict == "DIFFERS" for row in rows),
        "failed": sum(row.verdict == "FAILED" for row in rows),
        "evaluator": digest,
        "results": [
            {
                "id": row.id,
                "local": row.local.score if row.local.is_score_valid else None,
                "remote": row.remote.score,
                "equal": row.equal,
                "local_error": row.local.error,
                "remote_error": row.remote.error,
            }
            for row in rows
        ],
    }
