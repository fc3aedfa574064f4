"""A language model small enough to learn in seconds on a CPU, whose tokens are texts of your choice.

Nothing is fetched: the tokenizer is a list of texts, the model a Llama of two layers with random weights.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from reward_kit.errors import require

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

__all__ = ["TinyModel", "tiny_model"]

_PAD, _END, _UNKNOWN = "<|pad|>", "<|end|>", "<|unknown|>"
_ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


class TinyModel(NamedTuple):
    """A model and its tokenizer."""

    model: "LlamaForCausalLM"
    tokenizer: "PreTrainedTokenizerFast"


def tiny_model(tokens: Sequence[str], *, seed: int, width: int = 64) -> TinyModel:
    """Build a model that reads and writes ``tokens``: characters, words, or whole replies.

    Text that is none of them is read as one unknown token. The same seed gives the same weights; no global random
    state is touched.
    """
    require("train", "torch", "transformers", "tokenizers")
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer(tokens)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    return TinyModel(model, tokenizer)


def _tokenizer(tokens: Sequence[str]) -> "PreTrainedTokenizerFast":
    from tokenizers import AddedToken, Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    fast = Tokenizer(models.WordLevel({_UNKNOWN: 0}, unk_token=_UNKNOWN))
    fast.decoder = decoders.Fuse()
    fast.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in (_PAD, _END, *_ROLES)])
    fast.add_tokens([AddedToken(text, normalized=False) for text in dict.fromkeys(tokens)])
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        pad_token=_PAD,
        eos_token=_END,
        unk_token=_UNKNOWN,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=_TEMPLATE,
    )
