"""Make TRL's GRPOConfig of an example's settings, the machine at hand, and what the user sets."""

import difflib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from reward_kit.errors import UsageError
from reward_kit.example import GrpoSettings

if TYPE_CHECKING:
    from trl import GRPOConfig

__all__ = ["grpo_config", "outdated_names_let_pass", "parse_options"]

_CHECKPOINTS = 50
"""Steps between checkpoints."""


def grpo_config(settings: GrpoSettings, *, output: Path, options: Mapping[str, Any]) -> "GRPOConfig":
    """Return the configuration of a run that writes to ``output``; ``options`` win over ``settings``.

    Raises:
        UsageError: a field does not exist, or the values do not go together.
    """
    from trl import GRPOConfig

    chosen: dict[str, Any] = {
        "max_steps": settings.max_steps,
        "learning_rate": settings.learning_rate,
        "beta": settings.beta,
        "num_generations": settings.num_generations,
        "max_completion_length": settings.max_completion_length,
        "seed": settings.seed,
        **settings.options,
        **options,
    }
    _refuse_unknown(chosen)
    defaults: dict[str, Any] = {
        "data_seed": chosen["seed"],
        "per_device_train_batch_size": chosen["num_generations"],
        "logging_steps": 1,
        "log_completions": True,
        "num_completions_to_print": 0,  # to stdout; more than 0 would also draw from the global random state
        "save_strategy": "steps",
        "save_steps": _CHECKPOINTS,
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
        **_machine(),
    }
    try:
        with outdated_names_let_pass():
            return GRPOConfig(**{**defaults, **chosen, "output_dir": str(output)})
    except ValueError as error:
        message = f"the training settings do not go together: {error}"
        raise UsageError(message) from error


def parse_options(assignments: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that ``name=value`` texts set, in the types that GRPOConfig gives them.

    Raises:
        UsageError: one is not ``name=value``, the field does not exist, or the value is not of its type.
    """
    from pydantic import TypeAdapter, ValidationError
    from trl import GRPOConfig

    pairs = [assignment.partition("=") for assignment in assignments]
    for assignment, (name, sign, _) in zip(assignments, pairs, strict=True):
        if not name or not sign:
            message = f"found {assignment!r}, expected name=value with a field of GRPOConfig"
            raise UsageError(message)
    texts = {name: value for name, _, value in pairs}
    _refuse_unknown(texts)
    types = get_type_hints(GRPOConfig)
    options = {}
    for name, text in texts.items():
        adapter: TypeAdapter[Any] = TypeAdapter(types[name])
        try:
            options[name] = adapter.validate_json(text) if text[:1] in {"{", "["} else adapter.validate_strings(text)
        except ValidationError as error:
            message = f"found {name}={text!r}, expected {types[name]}: {error.errors()[0]['msg']}"
            raise UsageError(message) from error
    return options


@contextmanager
def outdated_names_let_pass() -> Iterator[None]:
    """Hide that TRL 1.16 uses a field by the name that transformers 5.23 deprecates; it can go with the next TRL."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`(is_)?gradient_checkpointing` is deprecated", FutureWarning)
        yield


def _refuse_unknown(names: Mapping[str, object]) -> None:
    from dataclasses import fields

    from trl import GRPOConfig

    known = [field.name for field in fields(GRPOConfig) if field.init]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3)
            hint = f"; close to it: {', '.join(close)}" if close else ""
            message = f"GRPOConfig has no field {name!r}{hint}"
            raise UsageError(message)


def _machine() -> dict[str, Any]:
    """Return what TRL's defaults get wrong without an accelerator: they are bfloat16 and recomputed activations.

    On a CPU the first is many times slower than float32, the second saves memory that nobody is short of.
    """
    import torch

    if torch.cuda.is_available():
        return {"bf16": torch.cuda.is_bf16_supported()}
    return {"use_cpu": True, "bf16": False, "gradient_checkpointing": False}
