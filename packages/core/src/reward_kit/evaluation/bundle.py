"""Package an evaluator as source files that run where reward-kit is not installed.

A bundle is a ``main.py`` with ``evaluate(messages, ground_truth=None, **kwargs)``, which imports the reward by its
own module name; the first-party sources that this needs; and the requirements of those. The same input gives the
same bytes. What a reward cannot decide, ``evaluate`` raises: it never returns a score for it.
"""

import hashlib
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from reward_kit import __version__
from reward_kit.clients.credentials import redact
from reward_kit.errors import UsageError
from reward_kit.evaluation.imports import sources_of
from reward_kit.evaluation.key_lint import refuse_keys
from reward_kit.example import Example
from reward_kit.rewards.remote import Remote

__all__ = [
    "Bundle",
    "bundle_evaluator",
    "bundle_example",
    "bundle_remote",
    "evaluator_sources",
    "load_reward",
    "refuse_keys",
    "target_of",
]

_MAIN = '''\
"""An evaluator packaged by reward-kit {version}: {target}."""

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor

from reward_kit.models import EvaluateResult, Message
{imports}

_reward = {expression}


def evaluate(messages, ground_truth=None, **kwargs):
    """Grade the last of the messages; raise where the reward cannot decide."""
    conversation = [item if isinstance(item, Message) else Message.model_validate(item) for item in messages]
    result = _reward(conversation, **_accepted({{"ground_truth": ground_truth, **kwargs}}))
    if inspect.isawaitable(result):
        with ThreadPoolExecutor(1) as pool:
            result = pool.submit(asyncio.run, _finish(result)).result()
    if not isinstance(result, EvaluateResult):
        result = EvaluateResult.model_validate(result)
    if not result.is_score_valid:
        raise RuntimeError(f"not graded: {{result.error}}")
    return result.model_dump(mode="json", exclude_none=True)


def _accepted(arguments):
    """Return the arguments that the reward takes."""
    parameters = list(inspect.signature(_reward).parameters.values())
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return arguments
    names = {{parameter.name for parameter in parameters[1:] if parameter.kind is not parameter.POSITIONAL_ONLY}}
    return {{name: value for name, value in arguments.items() if name in names}}


async def _finish(awaitable):
    return await awaitable
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The source files of an evaluator."""

    name: str
    files: Mapping[str, str]
    """The text of each file by its relative name, with ``/``; ``main.py`` has ``evaluate``."""
    requirements: tuple[str, ...]
    """What has to be installed beside them, as for pip."""

    @property
    def digest(self) -> str:
        """The sha256 of all files and requirements."""
        content = json.dumps([sorted(self.files.items()), self.requirements], ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def write(self, folder: str | Path) -> None:
        """Write the files and a ``requirements.txt`` under ``folder``."""
        texts = {**self.files, "requirements.txt": "".join(f"{line}\n" for line in self.requirements)}
        for name, text in texts.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def bundle_example(example: Example, *, secrets: Iterable[str] = ()) -> Bundle:
    """Package the reward of ``example``; ``secrets`` are values that may be in no file.

    Raises:
        UsageError: the reward cannot be imported by a name, or a source holds what looks like a key.
    """
    return bundle_evaluator(target_of(example), name=example.name, secrets=secrets)


def target_of(example: Example) -> str:
    """Return the reward of ``example`` as ``module:function``."""
    return _importable(example.reward) or _named(example) or f"{_home(example)}:example.reward"


def evaluator_sources(target: str) -> Mapping[str, str]:
    """Return the first-party sources, by file name, of the reward that ``target`` names as ``module:function``.

    Raises:
        UsageError: a module that it imports has no Python source.
    """
    module, _, path = target.partition(":")
    return sources_of(f"from {module} import {path.partition('.')[0]}", own=[module.partition(".")[0]]).files


def bundle_evaluator(
    target: str | Callable[..., Any], *, name: str | None = None, secrets: Iterable[str] = ()
) -> Bundle:
    """Package the reward that ``target`` is, or names as ``module:function``.

    Raises:
        UsageError: it cannot be imported by that name, or a source holds what looks like a key.
    """
    spelled = target if isinstance(target, str) else _importable(target)
    if spelled is None:
        message = f"found the reward {target!r}, expected a function that can be imported by its name from a module"
        raise UsageError(message)
    module, _, path = spelled.partition(":")
    reward = load_reward(spelled)
    first, dot, rest = path.partition(".")
    main = _MAIN.format(
        version=__version__,
        target=spelled,
        imports=f"from {module} import {first} as _found",
        expression=f"_found{dot}{rest}",
    )
    stated = getattr(reward, "_reward_function_requirements", None) or ()
    return _bundled(name or first.replace("_", "-"), main, module, stated, secrets)


def bundle_remote(url: str, key_env: str | None = None, *, name: str) -> Bundle:
    """Package an evaluator that asks the server at ``url``, with the key in the variable ``key_env``.

    Raises:
        UsageError: the URL is none, or looks like it holds a key.
    """
    reward = Remote(url, key_env)
    main = _MAIN.format(
        version=__version__,
        target=redact(url),
        imports="from reward_kit.rewards.remote import Remote",
        expression=repr(reward),
    )
    return _bundled(name, main, "reward_kit.rewards.remote", (), ())


def _bundled(name: str, main: str, module: str, stated: Iterable[str], secrets: Iterable[str]) -> Bundle:
    sources = sources_of(main, own=[module.partition(".")[0]])
    if "main.py" in sources.files:
        message = f"found a module 'main' among the sources of {name!r}; rename it: the bundle's entry is main.py"
        raise UsageError(message)
    files = {"main.py": main, **sources.files}
    refuse_keys(files, secrets)
    requirements = _requirements(sources.third_party, {file.partition("/")[0] for file in sources.files}, stated)
    return Bundle(name=name, files=files, requirements=requirements)


def _named(example: Example) -> str | None:
    """Return ``module:name`` of a reward that a module of the example's package defines apart from the example."""
    for module in sorted(name for name in sys.modules if name.startswith(f"{example.package}.")):
        names = vars(sys.modules[module])
        if example not in names.values():
            for name, value in names.items():
                if value is example.reward:
                    return f"{module}:{name}"
    return None


def _home(example: Example) -> str:
    """Return the module that defines ``example`` in its package, so that the package's program is not packaged, too."""
    inside = (name for name in sorted(sys.modules) if name.startswith(f"{example.package}."))
    return next((name for name in inside if getattr(sys.modules[name], "example", None) is example), example.package)


def _importable(reward: Callable[..., Any]) -> str | None:
    """Return ``module:name`` where importing that gives this very object."""
    module, name = getattr(reward, "__module__", None), getattr(reward, "__qualname__", None)
    if not module or not name or module == "__main__" or "<" in name:
        return None
    found: object = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is reward else None


def load_reward(target: str) -> Callable[..., Any]:
    """Return what ``target`` names as ``module:function``; the function may be an attribute of an attribute.

    Raises:
        UsageError: nothing that can be called is there.
    """
    module, _, path = target.partition(":")
    try:
        found: object = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"cannot import {target!r} ({error}), expected 'module:function'"
        raise UsageError(message) from error
    if not callable(found):
        message = f"found {type(found).__name__} at {target!r}, expected a reward function"
        raise UsageError(message)
    return found


def _requirements(third_party: Iterable[str], first_party: set[str], stated: Iterable[str]) -> tuple[str, ...]:
    """Return the requirement of each third-party package: as our own packages declare it, else what is installed."""
    declared = _declared(first_party)
    brought_by = metadata.packages_distributions()
    found = set(stated)
    for package in third_party:
        for distribution in brought_by.get(package, [])[:1]:
            normal = _normal(distribution)
            found.add(declared.get(normal) or f"{normal}=={metadata.version(distribution)}")
    return tuple(sorted(found))


def _declared(packages: set[str]) -> dict[str, str]:
    """Return what the distributions of our own ``packages`` require, by normalised name."""
    found: dict[str, str] = {}
    for package in sorted(packages):
        distribution = "reward-kit-core" if package == "reward_kit" else package.replace("_", "-")
        try:
            lines = metadata.requires(distribution) or []
        except metadata.PackageNotFoundError:
            continue
        for line in lines:
            requirement = line.partition(";")[0].strip()
            name = re.match(r"[A-Za-z0-9._-]+", requirement)
            if name:
                found.setdefault(_normal(name.group()), requirement)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
