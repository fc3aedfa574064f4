"""Hand a reward to TRL's GRPOTrainer, or to any trainer that calls reward functions the way TRL does.

One callable per task: with several functions, TRL counts a ``None`` of one of them as 0. It pickles, needs neither
TRL nor torch, and works without the keyword arguments that only some trainers pass. Per completion it returns a
float, or ``None`` for what could not be graded, which TRL leaves out of the group. Scores are rounded to 1/1024: the
mean of equal float32 numbers is exact then, where a constant 0.7 would train the model on rounding noise.

A reply that makes its own grading fail has to be scored 0.0 by the reward. If it came out as *not graded*, training
would teach the model to break the grader.
"""

import os
import time
import weakref
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from reward_kit.errors import UsageError
from reward_kit.evaluation.conversations import Conversation
from reward_kit.evaluation.workers import WorkerPool
from reward_kit.example import Reward
from reward_kit.grading import Grader, is_async, name_of
from reward_kit.integrations.breaker import FailureBreaker
from reward_kit.integrations.fan_out import grade_in_loop, grade_in_threads
from reward_kit.integrations.reward_parameters import check_arguments, ground_truth_default
from reward_kit.integrations.trl_log import GradedBatch, GradedRow, LogExtra, LogMetric, TrainerState, log_batch
from reward_kit.integrations.trl_rows import Row, RowSettings
from reward_kit.models import EvaluateResult
from reward_kit.reward_function import works_elsewhere

__all__ = ["AsyncTrlReward", "TrlReward", "create_trl_adapter"]

_STEPS = 1024
_MAX_FLOAT32 = 3.4e38
"""Beyond it a score is infinite to the trainer, which looks for NaN only: the weights would be lost."""
_IN_FLIGHT = 64
"""Gradings at a time where they wait for a network or a sandbox."""
_SECONDS = 60.0


def create_trl_adapter(
    reward_fn: Reward,
    dataset_to_reward_kwargs_map: Mapping[str, str],
    static_reward_kwargs: Mapping[str, Any] | None = None,
    user_message_fn: Callable[[Any], str] | None = None,
    assistant_message_fn: Callable[[Any], str] | None = None,
    *,
    kwargs_column: str | None = None,
    name: str | None = None,
    timeout: float | Literal["default"] | None = "default",
    concurrency: int | None = None,
    workers: int = 0,
    max_failure_share: float = 0.5,
    num_generations: int | None = None,
    eos_token_ids: Collection[int] | None = None,
) -> "TrlReward | AsyncTrlReward":
    """Make ``reward_fn`` a reward function of TRL: asynchronous where the reward is, synchronous otherwise.

    Args:
        reward_fn: a reward, with ``@reward_function`` or plain.
        dataset_to_reward_kwargs_map: for each column of the data set that the reward needs, its parameter's name.
        static_reward_kwargs: further keyword arguments, the same for every row.
        user_message_fn: makes the text of one user message of a prompt, in place of the prompt's own messages.
        assistant_message_fn: makes the text of one assistant message of a completion.
        kwargs_column: a column of dicts with further keyword arguments, row by row.
        name: what TRL calls it in logs; by default the reward's name.
        timeout: seconds for one grading; then it is not graded. ``None``: no limit. By default 60, and no limit for
            a reward that works elsewhere, such as in a sandbox, which has limits of its own.
        concurrency: gradings at a time; by default 64 or more for a reward that is asynchronous or works elsewhere, so
            that they fill a sandbox; for another a few threads per core. With 1 and ``timeout=None`` a synchronous
            reward runs in the calling thread, as one that uses signals must.
        workers: grade in this many processes instead, which survive whatever a reply makes a synchronous reward do;
            the reward must pickle, and a training script must guard its main part by ``if __name__ == "__main__"``.
        max_failure_share: raise when more than this share of a batch is not graded.
        num_generations: completions per prompt; by default, rows with equal prompts that follow each other.
        eos_token_ids: tokens that end a reply; with them, the share that the token limit ended is logged.

    Raises:
        UsageError: an argument is wrong, or, when called, a column is missing or not a list of the right length.
        GradingError: when called: too many completions could not be graded.

    >>> from reward_kit import reward_function
    >>> @reward_function
    ... def exact(messages, *, ground_truth, **kwargs):
    ...     return {"score": float(messages[-1].text == ground_truth), "reason": "compared"}
    >>> reward = create_trl_adapter(exact, {"answer": "ground_truth"})
    >>> reward(prompts=["2+2=", "2+3="], completions=["4", "6"], answer=["4", "5"])
    [1.0, 0.0]
    """
    static = dict(static_reward_kwargs or {})
    if "ground_truth" not in {*static, *dataset_to_reward_kwargs_map.values()}:
        static |= ground_truth_default(reward_fn)
    rows = RowSettings(
        columns=dict(dataset_to_reward_kwargs_map),
        kwargs_column=kwargs_column,
        static=static,
        user_message_fn=user_message_fn,
        assistant_message_fn=assistant_message_fn,
        eos_token_ids=None if eos_token_ids is None else frozenset(eos_token_ids),
    )
    settings = _Settings(
        reward=reward_fn,
        name=name or name_of(reward_fn),
        rows=rows,
        timeout=_timeout(reward_fn) if timeout == "default" else timeout,
        concurrency=_concurrency(reward_fn) if concurrency is None else concurrency,
        workers=workers,
        max_failure_share=max_failure_share,
        num_generations=num_generations,
    )
    check_arguments(reward_fn, settings.name, rows.arguments, more_may_come=kwargs_column is not None)
    return AsyncTrlReward(settings) if is_async(reward_fn) else TrlReward(settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    reward: Reward
    name: str
    rows: RowSettings
    timeout: float | None
    concurrency: int
    workers: int
    max_failure_share: float
    num_generations: int | None

    def __post_init__(self) -> None:
        if self.concurrency < 1 or (self.timeout is not None and self.timeout <= 0):
            message = f"found timeout={self.timeout!r} and concurrency={self.concurrency!r}, expected more than 0"
            raise UsageError(message)
        if self.workers < 0 or (self.workers and is_async(self.reward)):
            message = f"found workers={self.workers!r}, expected at least 0, and 0 for an asynchronous reward"
            raise UsageError(message)
        if not 0 <= self.max_failure_share <= 1:
            message = f"found max_failure_share={self.max_failure_share!r}, expected a share between 0 and 1"
            raise UsageError(message)
        if self.num_generations is not None and self.num_generations < 1:
            message = f"found num_generations={self.num_generations!r}, expected at least 1"
            raise UsageError(message)


class _Adapter:
    """What the two callables share: what a batch is made of, and what becomes of its results."""

    def __init__(self, settings: _Settings) -> None:
        self.__name__ = settings.name
        self._settings = settings
        self._grader = Grader(settings.reward)
        self._breaker = FailureBreaker(settings.max_failure_share)
        self._last_end: float | None = None

    def __reduce__(self) -> tuple[object, ...]:
        # A copy in another process counts its own failures.
        return type(self), (self._settings,)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__name__!r}>"

    def _rewards(
        self,
        graded: Sequence[tuple[Row, EvaluateResult]],
        started: float,
        trainer_state: TrainerState | None,
        log_extra: LogExtra | None,
        log_metric: LogMetric | None,
    ) -> list[float | None]:
        """Log a graded batch and return what the trainer gets for it."""
        if not graded:
            return []
        ended = time.monotonic()
        batch = GradedBatch(
            name=self.__name__,
            rows=[_graded(row, result) for row, result in graded],
            group_size=self._settings.num_generations,
            seconds=ended - started,
            step_seconds=None if self._last_end is None else ended - self._last_end,
        )
        self._last_end = ended
        log_batch(batch, state=trainer_state, log_extra=log_extra, log_metric=log_metric)
        self._breaker.record(len(batch.rows), batch.errors)
        return [row.reward for row in batch.rows]


class TrlReward(_Adapter):
    """A synchronous reward as a reward function of TRL; ``create_trl_adapter`` makes one."""

    def __init__(self, settings: _Settings) -> None:
        super().__init__(settings)
        self._pool: WorkerPool | None = None

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any] | None = None,
        completion_ids: Sequence[Sequence[int]] | None = None,
        *,
        trainer_state: TrainerState | None = None,
        log_extra: LogExtra | None = None,
        log_metric: LogMetric | None = None,
        **columns: object,
    ) -> list[float | None]:
        """Return a finite reward per completion, or ``None`` where it could not be graded.

        Without ``completions`` each prompt is a whole conversation, which ends with the reply.
        """
        started = time.monotonic()
        rows = self._settings.rows.rows(prompts, completions, completion_ids, columns)
        results = self._in_processes(rows) if self._settings.workers else self._in_threads(rows)
        return self._rewards(list(zip(rows, results, strict=True)), started, trainer_state, log_extra, log_metric)

    def _in_threads(self, rows: Sequence[Row]) -> list[EvaluateResult]:
        return grade_in_threads(
            [partial(self._grade, row) for row in rows],
            seconds=self._settings.timeout,
            concurrency=self._settings.concurrency,
        )

    def _grade(self, row: Row) -> EvaluateResult:
        if row.malformed:
            return _wrong(row)
        return self._grader.grade(row.messages, ground_truth=row.ground_truth, extra=row.extra)

    def _in_processes(self, rows: Sequence[Row]) -> list[EvaluateResult]:
        settings = self._settings
        if self._pool is None:
            self._pool = WorkerPool(settings.reward, settings.workers, settings.timeout)
            weakref.finalize(self, self._pool.kill)
        sent = (
            Conversation(id="", messages=tuple(row.messages), ground_truth=row.ground_truth, extra=row.extra)
            for row in rows
            if not row.malformed
        )
        try:
            results = deque(graded.result for graded in self._pool.graded(sent))
        except BaseException:
            self._pool.kill()
            self._pool = None
            raise
        return [_wrong(row) if row.malformed else results.popleft() for row in rows]


class AsyncTrlReward(_Adapter):
    """An asynchronous reward as a reward function of TRL; ``create_trl_adapter`` makes one."""

    async def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any] | None = None,
        completion_ids: Sequence[Sequence[int]] | None = None,
        *,
        trainer_state: TrainerState | None = None,
        log_extra: LogExtra | None = None,
        log_metric: LogMetric | None = None,
        **columns: object,
    ) -> list[float | None]:
        """Return a finite reward per completion, or ``None`` where it could not be graded.

        Without ``completions`` each prompt is a whole conversation, which ends with the reply.
        """
        started = time.monotonic()
        settings = self._settings
        rows = settings.rows.rows(prompts, completions, completion_ids, columns)
        results = await grade_in_loop(
            [partial(self._grade, row) for row in rows], seconds=settings.timeout, concurrency=settings.concurrency
        )
        return self._rewards(list(zip(rows, results, strict=True)), started, trainer_state, log_extra, log_metric)

    async def _grade(self, row: Row) -> EvaluateResult:
        if row.malformed:
            return _wrong(row)
        return await self._grader.agrade(row.messages, ground_truth=row.ground_truth, extra=row.extra)


def _wrong(row: Row) -> EvaluateResult:
    return EvaluateResult(score=0.0, reason=row.malformed)


def _graded(row: Row, result: EvaluateResult) -> GradedRow:
    if abs(result.score) > _MAX_FLOAT32:
        result = EvaluateResult.not_graded(f"found the score {result.score!r}, which no float32 holds")
    reward = round(result.score * _STEPS) / _STEPS if result.is_score_valid else None
    return GradedRow(row=row, result=result, reward=reward)


def _timeout(reward: Reward) -> float | None:
    return None if works_elsewhere(reward) else _SECONDS


def _concurrency(reward: Reward) -> int:
    cores = os.cpu_count() or 1
    return max(_IN_FLIGHT, 2 * cores) if is_async(reward) or works_elsewhere(reward) else min(32, cores + 4)
