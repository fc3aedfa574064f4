"""What a server counts, in the text format of Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from reward_kit.models import EvaluateResult

__all__ = ["ServerMetrics"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class ServerMetrics:
    """The figures of one server."""

    def __init__(self, *, queue: Callable[[], float], replaced: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        self._gradings = Counter("reward_kit_gradings", "Gradings by outcome.", ["outcome"], registry=self._registry)
        self._requests = Counter(
            "reward_kit_requests", "Requests by path and status.", ["path", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "reward_kit_grading_seconds",
            "From taking a grading to its result, waiting included.",
            buckets=BUCKETS,
            registry=self._registry,
        )
        Gauge("reward_kit_queue", "Gradings taken and not done.", registry=self._registry).set_function(queue)
        replacements = Gauge("reward_kit_workers_replaced", "Processes that died or hung.", registry=self._registry)
        replacements.set_function(replaced)
        for outcome in ("graded", "not_graded"):
            self._gradings.labels(outcome)

    def graded(self, result: EvaluateResult, seconds: float) -> None:
        """Count one result."""
        self._gradings.labels("graded" if result.is_score_valid else "not_graded").inc()
        self._seconds.observe(seconds)

    def answered(self, path: str, status: int) -> None:
        """Count one request."""
        self._requests.labels(path, str(status)).inc()

    def text(self) -> bytes:
        """Return all figures."""
        return generate_latest(self._registry)
