"""Write the page: figures as HTML and SVG, rows as JSON for the script, everything in one file that asks no network.

Every text passes ``clipped`` and is escaped; the page's policy forbids whatever is not the style and the script in it.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import reward_kit
from reward_kit.data.atomic import atomic_writer
from reward_kit.errors import UsageError, require
from reward_kit.evaluation.runs import RESULTS
from reward_kit.evaluation.statistics import percent
from reward_kit.report.charts import histogram, line_chart
from reward_kit.report.evaluations import Evaluation, read_evaluation
from reward_kit.report.text import clipped
from reward_kit.report.trainings import STEPS, Training, read_training

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["MOST_ROWS", "write_report"]

MOST_ROWS = 10_000
"""Rows of one run that a report carries unless it is told otherwise."""


def write_report(
    runs: Sequence[str | Path],
    output: str | Path,
    *,
    candidates: Sequence[str | Path] = (),
    most_rows: int = MOST_ROWS,
    title: str = "",
) -> Path:
    """Write a report of ``runs``, folders that ``evaluate`` or ``train`` wrote, to ``output`` and return its path.

    Args:
        runs: one section each, in this order.
        output: an HTML file; a file that is there is replaced.
        candidates: data sets and files of replies in which the runs' prompts and replies may be, besides where the
            runs read them. A file is used where its sha256 is that which the run recorded.
        most_rows: rows of each run that the page carries; its figures are of all rows.
        title: of the page; by default the names of the runs.

    Raises:
        MissingExtraError: jinja2 is not installed.
        UsageError: a folder is not a run.
        DataError: a line of a run is not what it should be.
    """
    require("report", "jinja2")
    read = [_read(Path(run), [Path(path) for path in candidates], most_rows) for run in runs]
    if not read:
        message = "found no run, expected at least one folder"
        raise UsageError(message)
    page = (
        _environment()
        .get_template("page.html")
        .render(
            title=title or ", ".join(run.name for run in read),
            version=reward_kit.__version__,
            runs=read,
            evaluations=[run for run in read if isinstance(run, Evaluation)],
        )
    )
    with atomic_writer(output) as file:
        file.write(page.encode("utf-8"))
    return Path(output)


def _read(folder: Path, candidates: Sequence[Path], most_rows: int) -> Evaluation | Training:
    if (folder / RESULTS).is_file():
        return read_evaluation(folder, candidates=candidates, most_rows=most_rows)
    if (folder / STEPS).is_file():
        return read_training(folder)
    message = f"found neither {RESULTS} nor {STEPS} in {str(folder)!r}; expected the folder of a run"
    raise UsageError(message)


def _environment() -> "Environment":
    from jinja2 import ChainableUndefined, Environment, PackageLoader
    from markupsafe import Markup

    def fit(value: object) -> object:
        return clipped(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=PackageLoader("reward_kit.report"),
        autoescape=True,
        undefined=ChainableUndefined,
        finalize=fit,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _packaged("page.css"), _packaged("page.js")
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'"
    environment.globals |= {
        # Ours, and none of them holds what a row says unescaped.
        "style": Markup(style),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "policy": f"{policy}; form-action 'none'",
        "as_json": lambda rows: Markup(_embedded(rows)),  # noqa: S704
        "histogram": lambda run: Markup(histogram(run.scores, f"Scores of {run.name}")),  # noqa: S704
        "chart": lambda title, curves: Markup(line_chart(curves, title)),  # noqa: S704
        "is_training": lambda run: isinstance(run, Training),
    }
    environment.filters |= {"percent": percent, "figure": _figure}
    return environment


def _packaged(name: str) -> str:
    return (files("reward_kit.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _embedded(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return ``rows`` as JSON of ASCII alone, in which nothing can end the element that holds it."""
    text = json.dumps(rows, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _figure(value: float | None) -> str:
    return "-" if value is None or value in (float("inf"), float("-inf")) else f"{value:.4g}"
