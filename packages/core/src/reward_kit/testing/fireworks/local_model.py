"""Answer chat completions with a small real model on this machine: SmolLM2-135M-Instruct.

It is loaded at the first request and answers one request at a time. ``max_tokens``, ``temperature`` (0 is greedy),
``top_p``, ``top_k``, ``seed``, ``stop`` and ``n`` have their meaning. Sampling has a random generator of its own.

Not covered: tools, and parts of a message that are not text.
"""

import threading
from dataclasses import dataclass, field
from typing import Any, Final

from reward_kit.errors import require
from reward_kit.testing.fireworks.answers import Refusal
from reward_kit.testing.fireworks.chat import Choice
from reward_kit.testing.fireworks.wire import ChatRequest
from reward_kit.testing.small_models import SmallModel, load_smollm2, smollm2_file

__all__ = ["LocalModel"]

_DEFAULT_TOKENS: Final = 256
_NO_CHARACTER_YET: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(slots=True)
class _Text:
    """What was generated so far."""

    tokens: list[int] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def whole(self) -> str:
        return "".join(self.pieces)

    def add(self, token: int, tokenizer: Any) -> None:  # noqa: ANN401 - of transformers
        """Add a token; what is not yet a whole character waits for the next one."""
        self.tokens.append(token)
        text = tokenizer.decode(self.tokens, skip_special_tokens=True)
        if not text.endswith(_NO_CHARACTER_YET) and len(text) > len(self.whole):
            self.pieces.append(text[len(self.whole) :])

    def cut(self, stops: list[str]) -> bool:
        """Cut the text before the first of ``stops`` in it; say whether there was one."""
        places = [place for place in (self.whole.find(stop) for stop in stops if stop) if place >= 0]
        if places:
            self.pieces = [self.whole[: min(places)]]
        return bool(places)


class LocalModel:
    """Generates answers."""

    def __init__(self, stopping: threading.Event) -> None:
        """Look whether the model can be loaded, without loading it.

        Raises:
            PrerequisiteError: its wheel or the extra ``train`` is not installed.
        """
        smollm2_file()
        require("train", "torch", "transformers", "gguf")
        self._stopping = stopping
        self._lock = threading.Lock()
        self._loaded: SmallModel | None = None

    def choices(self, request: ChatRequest) -> list[Choice]:
        """Generate as many answers as ``request`` asks for.

        Raises:
            Refusal: the prompt is longer than the model's context, or the server is being stopped.
        """
        with self._lock:
            self._loaded = self._loaded or load_smollm2()
            return [self._generate(self._loaded, request, index) for index in range(request.n or 1)]

    def _generate(self, loaded: SmallModel, request: ChatRequest, index: int) -> Choice:
        import torch

        model, tokenizer = loaded
        messages = [{"role": message.role, "content": message.text} for message in request.messages]
        options = {"add_generation_prompt": True, "return_tensors": "pt", "return_dict": True}
        prompt = tokenizer.apply_chat_template(messages, **options)["input_ids"]
        room = model.config.max_position_embeddings - prompt.shape[1]
        if room <= 0:
            message = (
                f"messages: found {prompt.shape[1]} tokens, expected less than {model.config.max_position_embeddings}"
            )
            raise Refusal(message)
        generator = torch.Generator()
        _ = generator.seed() if request.seed is None else generator.manual_seed(request.seed + index)
        text, step, cache, reason = _Text(), prompt, None, "length"
        with torch.inference_mode():
            for _ in range(min(room, request.token_limit or _DEFAULT_TOKENS)):
                if self._stopping.is_set():
                    message = "the server is being stopped"
                    raise Refusal(message, "UNAVAILABLE")
                output = model(input_ids=step, past_key_values=cache, use_cache=True)
                cache = output.past_key_values
                token = _picked(output.logits[0, -1], request, generator)
                if token == tokenizer.eos_token_id:
                    reason = "stop"
                    break
                text.add(token, tokenizer)
                if text.cut(request.stop or []):
                    reason = "stop"
                    break
                step = torch.tensor([[token]])
        return Choice(
            content=text.whole,
            pieces=tuple(text.pieces),
            finish_reason=reason,
            prompt_tokens=prompt.shape[1],
            completion_tokens=len(text.tokens),
        )


def _picked(logits: Any, request: ChatRequest, generator: Any) -> int:  # noqa: ANN401 - torch is imported late
    """Return the next token: the likeliest, or one drawn from the nucleus."""
    import torch

    temperature = 1.0 if request.temperature is None else request.temperature
    if temperature == 0.0:
        return int(logits.argmax())
    ordered, tokens = torch.sort(torch.softmax(logits / temperature, dim=-1), descending=True)
    if request.top_k:
        ordered, tokens = ordered[: request.top_k], tokens[: request.top_k]
    before = torch.cumsum(ordered, dim=-1) - ordered
    ordered[before >= (request.top_p or 1.0)] = 0.0
    return int(tokens[torch.multinomial(ordered, 1, generator=generator)])
