"""``train``: teach a model the example with TRL's GRPO, or prove in minutes that it could be done."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from reward_kit.cli.context import ExampleContext
from reward_kit.cli.targets import reward_of
from reward_kit.cli.terminal import rewards_print_to_stderr

if TYPE_CHECKING:
    from reward_kit.example import Example
    from reward_kit.training import TrainingRun
    from reward_kit.training.smoke import SmokeReport

__all__ = ["command"]

PARTS = ("tiny", "smollm2")
AVERAGED = 10
"""Steps at either end of a run whose rewards are shown as their mean."""


@click.command("train")
@click.option("--data", type=click.Path(path_type=Path), help="Data set.  [default: the bundled one]")
@click.option("--limit", type=click.IntRange(1), help="Use the first rows only.")
@click.option("--model", help="Name on the hub, or a folder.  [default: the example's]")
@click.option("--reward", "target", metavar="TARGET", help="Another reward, as module:function.")
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/EXAMPLE-train]")
@click.option("--max-steps", type=click.IntRange(1), help="Optimiser steps.  [default: the example's]")
@click.option("--seed", type=int, help="For sampling and the order of the data.  [default: the example's]")
@click.option("--lora", is_flag=True, help="Train a low-rank adapter, not the model's own weights.")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=4,
    show_default=True,
    help="Processes that grade; 0 is this one, as for rewards that run in a sandbox.",
)
@click.option("--report-to", multiple=True, help="Send the metrics there, too: trackio, wandb, mlflow ... [repeatable]")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Any field of GRPOConfig. [repeatable]")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in the folder of the run.")
@click.option(
    "--smoke",
    is_flag=False,
    flag_value="all",
    type=click.Choice([*PARTS, "all"]),
    help="Only show, on the CPU, that training works: with a tiny model, with SmolLM2, or with both.",
)
@click.pass_obj
def command(
    context: ExampleContext,
    *,
    data: Path | None,
    limit: int | None,
    model: str | None,
    target: str | None,
    output: Path | None,
    max_steps: int | None,
    seed: int | None,
    lora: bool,
    workers: int,
    report_to: tuple[str, ...],
    assignments: tuple[str, ...],
    resume: bool,
    smoke: str | None,
) -> int:
    """Train a model on the example's data with the example's reward, by TRL's GRPO.

    The folder of the run gets the trained model, checkpoints, the numbers of each step (training.jsonl) and every
    completion with its gold and extracted answer (completions/). Needs the extra 'train'.
    """
    from reward_kit.data import read_samples
    from reward_kit.errors import require

    require("train", "torch", "transformers", "trl", "datasets")
    path = data or context.bundled_data
    example = context.example if target is None else replace(context.example, reward=reward_of(target))
    if smoke is not None:
        return _smoke(example, path, PARTS if smoke == "all" else (smoke,), output)
    options: dict[str, Any] = {"max_steps": max_steps, "seed": seed, "report_to": list(report_to) or None}
    folder = output or Path("runs") / f"{context.name}-train"
    with _humans_read_stderr():
        from reward_kit.training import train
        from reward_kit.training.settings import parse_options

        try:
            run = train(
                example,
                read_samples(path, limit=limit),
                output=folder,
                model=model,
                options={field: value for field, value in options.items() if value is not None}
                | parse_options(assignments),
                lora=lora,
                resume=resume,
                workers=workers,
            )
        except KeyboardInterrupt:
            click.echo(f"to go on from the last checkpoint: --output {folder} --resume", err=True)
            raise
    click.echo(_summary(run))
    return 0


def _smoke(example: "Example", path: Path, parts: tuple[str, ...], output: Path | None) -> int:
    """Run the parts one after the other; each says on stdout what it showed."""
    from reward_kit.data import read_samples
    from reward_kit.testing.small_models import load_smollm2
    from reward_kit.training.smoke import smoke_smollm2, smoke_tiny

    run_part: dict[str, Callable[..., SmokeReport]] = {
        "tiny": smoke_tiny,
        "smollm2": partial(smoke_smollm2, load=load_smollm2),
    }
    samples = list(read_samples(path))
    failed = False
    with TemporaryDirectory(prefix="reward-kit-smoke-") as temporary:
        for part in parts:
            seconds = time.process_time()
            with _humans_read_stderr():
                report = run_part[part](example, samples, output=(output or Path(temporary)) / part)
            click.echo(_shown(report, time.process_time() - seconds))
            failed = failed or bool(report.problems)
    return int(failed)


def _shown(report: "SmokeReport", seconds: float) -> str:
    head = f"{report.part}: " + ("; ".join(report.problems) or "ok")
    ends = f"mean reward {report.rewards[0]:.3f} in the first step, {report.rewards[-1]:.3f} in the last"
    return (
        f"{head} ({report.steps} steps, {ends}, largest standard deviation {report.largest_reward_std:.3f}, "
        f"{report.changed} of {report.tensors} parameter tensors changed, {seconds:.0f} s of CPU)"
    )


def _summary(run: "TrainingRun") -> str:
    if not run.log:
        return f"{run.steps} steps, none of them since the checkpoint; {run.output}"
    rewards = [step["reward"] for step in run.log if math.isfinite(step["reward"])]
    ends = f"mean reward {fmean(rewards[:AVERAGED]):.3f} at first, {fmean(rewards[-AVERAGED:]):.3f} at last; "
    return f"{run.steps} steps, {ends if rewards else 'nothing could be graded; '}{run.output}"


@contextmanager
def _humans_read_stderr() -> Iterator[None]:
    """Say there how each step went, and keep stdout for the result: the libraries print to it."""
    logger = logging.getLogger("reward_kit")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with rewards_print_to_stderr():
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
