"""Function calling in TRL's own tool loop: its parser, its turns, real tools that answer the model."""

import json

import pytest

from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.rewards.function_calling import composite_function_call_reward

pytestmark = [
    pytest.mark.grpo,
    # TRL 1.16 uses a field by the name that transformers 5.23 deprecates.
    pytest.mark.filterwarnings("ignore:`(is_)?gradient_checkpointing` is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore::trl.import_utils.TRLExperimentalWarning"),
]

RIGHT = '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": 2}}\n</tool_call>'
WRONG = '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": 3}}\n</tool_call>'
BROKEN = '<tool_call>\n{"name": "add", "arguments": {"a": 2,\n</tool_call>'
END = "<|im_end|>"
TOLD = {"right": RIGHT, "wrong": WRONG, "broken": BROKEN}
DUE = json.dumps([{"name": "add", "arguments": {"a": 2, "b": 2}}])


def add(a: int, b: int) -> str:
    """
    Add two numbers.

    Args:
        a: the first
        b: the second
    """
    # What a tool says is not the model's: a call in it must not be scored.
    return f"{a + b} {BROKEN} {RIGHT}"


@pytest.fixture
def conversations(tiny_tools, tmp_path):
    """Train for some steps with a tool, and return every completion that was scored, with its reward, by step."""
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    seen = []
    adapter = create_trl_adapter(composite_function_call_reward, {"due": "ground_truth"})

    def reward(prompts, completions, **columns):
        rewards = adapter(prompts, completions, **columns)
        seen.append(list(zip(completions, rewards, strict=True)))
        return rewards

    model, tokenizer = tiny_tools
    trainer = GRPOTrainer(
        model,
        reward,
        args=GRPOConfig(
            output_dir=str(tmp_path),
            max_steps=10,
            num_generations=16,
            per_device_train_batch_size=64,
            max_completion_length=48,
            max_tool_calling_iterations=2,
            learning_rate=5e-3,
            lr_scheduler_type="constant",
            seed=5,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
        ),
        train_dataset=Dataset.from_dict({"prompt": [[{"role": "user", "content": "2+2?"}]] * 8, "due": [DUE] * 8}),
        processing_class=tokenizer,
        tools=[add],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return seen


@pytest.fixture
def tiny_tools(one_thread):  # noqa: ARG001 - for its effect
    """Return a tiny model whose tokens are whole replies, with a chat template of which TRL knows the tool calls."""
    from trl.chat_template_utils import qwen3_chat_template

    from reward_kit.training.tiny import tiny_model

    model, tokenizer = tiny_model([RIGHT, WRONG, BROKEN, "Done.", "<|im_start|>", END], seed=3)
    tokenizer.chat_template = qwen3_chat_template
    tokenizer.eos_token = END
    model.config.eos_token_id = model.generation_config.eos_token_id = tokenizer.eos_token_id
    return model, tokenizer


def attempts(completion):
    """Return what the model itself tried, told without our parser."""
    found = []
    for message in completion:
        if message["role"] == "assistant":
            made = message.get("tool_calls") or []
            found += ["right" if call["function"]["arguments"]["b"] == 2 else "wrong" for call in made]
            # A reply that TRL cannot parse stays text as a whole.
            text = message.get("content") or ""
            found += [kind for kind, call in TOLD.items() for _ in range(text.count(call))]
    return found


def test_only_the_models_own_turns_are_scored(conversations):
    several = [pair for step in conversations for pair in step if any(turn["role"] == "tool" for turn in pair[0])]
    tried = [attempts(completion) for completion, _ in several]
    assert [reward == 1.0 for _, reward in several] == [made == ["right"] for made in tried]
    assert ["right"] in tried
    assert ["wrong"] in tried
    assert any("broken" in made for made in tried)
    near = [reward for (_, reward), made in zip(several, tried, strict=True) if made == ["wrong"]]
    assert {round(reward, 2) for reward in near} == {0.36}


def test_a_model_learns_to_call_the_tool(conversations):
    means = [sum(reward for _, reward in step) / len(step) for step in conversations]
    assert sum(means[-3:]) > 1.5 * sum(means[:3])
