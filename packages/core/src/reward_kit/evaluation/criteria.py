"""What a Fireworks evaluator consists of: criteria with source files, made of folders, a text, or a bundle."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reward_kit.errors import UsageError
from reward_kit.evaluation.bundle import Bundle, refuse_keys

__all__ = ["Criterion", "bundle_criteria", "code_criteria", "evaluator_body", "folder_criteria", "metric_criteria"]

ENTRY = "main.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One metric, or several that one function returns."""

    name: str
    description: str = ""
    files: Mapping[str, str]
    requirements: tuple[str, ...] = ()


def metric_criteria(pairs: Sequence[str] | None) -> list[Criterion]:
    """Return one criterion per ``name=folder``.

    Raises:
        UsageError: a pair has another form, or a folder has no usable ``main.py``.
    """
    criteria = []
    for pair in pairs or ():
        name, separator, path = pair.partition("=")
        if not separator or not name.strip() or not path.strip():
            message = f"Invalid metric-folder format: found {pair!r}, expected 'name=path'"
            raise UsageError(message)
        criteria.append(_folder(path.strip(), name.strip()))
    return criteria


def folder_criteria(path: str | Path | None) -> list[Criterion]:
    """Return the one criterion of a folder whose function returns several metrics, or none.

    Raises:
        UsageError: there is no ``main.py`` with a function ``evaluate``.
    """
    return [] if path is None else [_folder(path, "eval")]


def code_criteria(code: str | None, file_name: str, name: str | None, description: str | None) -> list[Criterion]:
    """Return the one criterion whose code is a text, or none."""
    if code is None:
        return []
    return [
        Criterion(
            name=name or Path(file_name).stem,
            description=description or "",
            files={file_name: code},
            requirements=tuple(_decorated(code)),
        )
    ]


def bundle_criteria(bundle: Bundle | None) -> list[Criterion]:
    """Return the one criterion whose code is a bundle, or none."""
    if bundle is None:
        return []
    description = f"packaged by reward-kit, sha256 {bundle.digest[:16]}"
    return [Criterion(name=bundle.name, description=description, files=bundle.files, requirements=bundle.requirements)]


def evaluator_body(criteria: Sequence[Criterion], *, multi_metrics: bool) -> dict[str, Any]:
    """Return the evaluator as the API takes it.

    Raises:
        UsageError: there is no criterion, or a file holds what looks like a key.
    """
    if not criteria:
        message = "No code files loaded. Give metric folders, a folder of several metrics, code, or a bundle"
        raise UsageError(message)
    for criterion in criteria:
        refuse_keys(criterion.files)
    return {
        "displayName": criteria[0].name,
        "description": criteria[0].description,
        "multiMetrics": multi_metrics,
        "criteria": [
            {
                "type": "CODE_SNIPPETS",
                "name": criterion.name,
                "description": criterion.description,
                "codeSnippets": {"language": "python", "fileContents": dict(criterion.files)},
            }
            for criterion in criteria
        ],
        "requirements": "\n".join(dict.fromkeys(line for criterion in criteria for line in criterion.requirements)),
        "rollupSettings": {"skipRollup": True},
    }


def _folder(path: str | Path, name: str) -> Criterion:
    """Return the criterion whose code is in the folder at ``path``: all of its Python files, at any depth.

    Hidden folders and ``__pycache__`` are left out. A ``requirements.txt`` and the ``requirements=`` of decorators
    say what has to be installed.
    """
    folder = Path(path)
    if not folder.is_dir():
        message = f"No code files loaded: found no folder {str(path)!r}, expected one with a {ENTRY}"
        raise UsageError(message)
    inside = sorted((file.relative_to(folder), file) for file in folder.rglob("*.py"))
    files = {
        relative.as_posix(): file.read_text(encoding="utf-8")
        for relative, file in inside
        if not any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
    }
    if "evaluate" not in _functions(files.get(ENTRY, "")):
        found = ", ".join(files) or "no Python files"
        message = f"No code files loaded: found {found} in {str(path)!r}, expected a {ENTRY} with a function 'evaluate'"
        raise UsageError(message)
    requirements = folder / "requirements.txt"
    listed = requirements.read_text(encoding="utf-8").splitlines() if requirements.is_file() else []
    stated = [line.partition("#")[0].strip() for line in listed] + _decorated(files[ENTRY])
    return Criterion(name=name, files=files, requirements=tuple(dict.fromkeys(line for line in stated if line)))


def _parsed(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError as error:
        message = f"{ENTRY}:{error.lineno}: not Python: {error.msg}"
        raise UsageError(message) from error


def _functions(code: str) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in _parsed(code).body if isinstance(node, kinds)}


def _decorated(code: str) -> list[str]:
    """Return the strings of ``requirements=[…]`` in the decorators of a text; it is not run."""
    found: list[str] = []
    for node in ast.walk(_parsed(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = (decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call))
            values = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "requirements"]
            constants = (item for value in values for item in ast.walk(value) if isinstance(item, ast.Constant))
            found += [item.value for item in constants if isinstance(item.value, str)]
    return found
