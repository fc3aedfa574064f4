"""The application: ``POST /evaluate``, ``POST /evaluate/batch``, ``GET /health``, ``GET /metrics``, ``GET /docs``."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyHeader, HTTPBearer

from reward_kit import __version__
from reward_kit.grading import name_of
from reward_kit.models import EvaluateResult
from reward_kit.serving.graders import Graders, QueueFullError
from reward_kit.serving.guard import Guard
from reward_kit.serving.metrics import ServerMetrics
from reward_kit.serving.protocol import BatchRequest, BatchResponse, EvaluationRequest, Health, Problem, json_of
from reward_kit.serving.settings import ServeSettings

__all__ = ["create_app"]

logger = logging.getLogger(__name__)

LEFT = 499
"""For the count of answers alone, under the number that web servers give it: nobody reads this answer."""
_KEY = [
    Security(HTTPBearer(auto_error=False, description="The server's key.")),
    Security(APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same, in a header of its own.")),
]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body is no JSON."},
    401: {"model": Problem, "description": "The key is missing."},
    403: {"model": Problem, "description": "The key is wrong."},
    408: {"model": Problem, "description": "The request came too slowly."},
    413: {"model": Problem, "description": "The request is too long."},
    422: {"model": Problem, "description": "The request has another shape."},
    429: {"model": Problem, "description": "Too much is waiting; Retry-After says when to ask again."},
    500: {"model": Problem, "description": "The server failed."},
}


def create_app(
    reward: Callable[..., Any], settings: ServeSettings | None = None, *, graders: Graders | None = None
) -> Callable[..., Any]:
    """Return the ASGI application that grades by ``reward``, which must pickle.

    A reward that fails is a 200 whose result is not graded; only a fault of the server itself is a 500. ``graders``
    are started with the application where they have not been, and end with it.
    """
    limits = settings or ServeSettings()
    graders = graders or Graders(reward, limits)
    metrics = ServerMetrics(queue=lambda: graders.open, replaced=lambda: graders.replaced)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(graders.start)
        end = graders.kill  # where the application is made to end, nothing more is waited for
        try:
            yield
            end = graders.close
        finally:
            await asyncio.to_thread(end)

    app = FastAPI(
        title=f"reward-kit: {name_of(reward)}",
        description="Grades replies of language models. A result with is_score_valid=false is not graded.",
        version=__version__,
        lifespan=lifespan,
        redoc_url=None,
    )
    _add_routes(app, _Desk(graders, metrics, limits), name_of(reward))
    _add_handlers(app)
    app.openapi()["components"]["schemas"]["BatchRequest"]["properties"]["items"]["maxItems"] = limits.max_batch
    return _Counted(Guard(app, limits), metrics)


class _Desk:
    """Takes gradings and waits for their results."""

    def __init__(self, graders: Graders, metrics: ServerMetrics, limits: ServeSettings) -> None:
        self.graders = graders
        self.metrics = metrics
        self.limits = limits

    async def results(self, requests: Sequence[EvaluationRequest], asked: Request) -> list[EvaluateResult]:
        """Grade all of them; raise QueueFullError where there is no room, and _LeftError where nobody waits."""
        started = time.monotonic()
        futures = self.graders.submit([request.conversation() for request in requests])

        async def counted(future: Future[EvaluateResult]) -> EvaluateResult:
            result = await asyncio.wrap_future(future)
            self.metrics.graded(result, time.monotonic() - started)
            return result

        grading = asyncio.gather(*map(counted, futures))
        leaving = asyncio.ensure_future(_left(asked))
        try:
            both: set[asyncio.Future[Any]] = {grading, leaving}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not grading.done():
                raise _LeftError
            return grading.result()
        finally:
            leaving.cancel()
            grading.cancel()  # takes what has not begun out of the queue


async def _left(asked: Request) -> None:
    """Return when the client went away."""
    while (await asked.receive())["type"] != "http.disconnect":
        pass


class _LeftError(Exception):
    """The client went away before its gradings were done."""


def _add_routes(app: FastAPI, desk: _Desk, name: str) -> None:
    @app.post("/evaluate", dependencies=_KEY, responses=_PROBLEMS, response_model=EvaluateResult)
    async def evaluate(request: EvaluationRequest, asked: Request) -> Response:
        """Grade one reply."""
        (result,) = await desk.results([request], asked)
        return _json(200, json_of(result))

    @app.post("/evaluate/batch", dependencies=_KEY, responses=_PROBLEMS, response_model=BatchResponse)
    async def evaluate_batch(request: BatchRequest, asked: Request) -> Response:
        """Grade several replies."""
        if len(request.items) > desk.limits.max_batch:
            return _problem(413, f"Found {len(request.items)} items, expected at most {desk.limits.max_batch}.")
        return _json(200, {"results": [json_of(result) for result in await desk.results(request.items, asked)]})

    sick: dict[int | str, dict[str, Any]] = {503: {"model": Health, "description": "The reward cannot be loaded."}}

    @app.get("/health", response_model=Health, responses=sick)
    async def health() -> Response:
        """Say whether the server grades."""
        status = 503 if desk.graders.broken else 200
        return _json(status, {"status": "error" if desk.graders.broken else "ok", "reward_function": name})

    denied: dict[int | str, dict[str, Any]] = {status: _PROBLEMS[status] for status in (401, 403)}

    @app.get("/metrics", dependencies=_KEY, responses=denied, response_class=Response)
    async def metrics() -> Response:
        """Return the figures in the text format of Prometheus."""
        return Response(desk.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _add_handlers(app: FastAPI) -> None:
    @app.exception_handler(QueueFullError)
    async def queue_full(_: Request, error: QueueFullError) -> Response:
        detail = f"Too much is waiting; ask again in {error.retry_after} s."
        return _problem(429, detail, {"Retry-After": str(error.retry_after)})

    @app.exception_handler(_LeftError)
    async def left(_: Request, error: _LeftError) -> Response:  # noqa: ARG001 - what a handler is called with
        return _problem(LEFT, "The client went away.")

    @app.exception_handler(RequestValidationError)
    async def another_shape(_: Request, error: RequestValidationError) -> Response:
        # What was sent is not sent back: it can be large, secret, or nothing that JSON has a form for.
        problems = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5]]
        return _problem(422, "; ".join(problems)[:2000])

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> Response:
        logger.error("a request failed: %s", type(error).__name__)
        return _problem(500, "The server failed; its log says more.")


class _Counted:
    """Counts every answer, refusals included, by path and status."""

    def __init__(self, app: Guard, metrics: ServerMetrics) -> None:
        self._app = app
        self._metrics = metrics
        self._paths = {"/evaluate", "/evaluate/batch", "/health", "/metrics"}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in self._paths else "other"

        async def counted(event: Any) -> None:  # noqa: ANN401 - ASGI
            if event["type"] == "http.response.start":
                self._metrics.answered(path, event["status"])
            await send(event)

        await self._app(scope, receive, counted)


def _json(status: int, value: object, headers: dict[str, str] | None = None) -> Response:
    # ASCII, because half a surrogate pair in a reply has no other form.
    return Response(json.dumps(value, allow_nan=False), status, headers, "application/json")


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return _json(status, {"detail": detail}, headers)
