"""Train with the real TRL: the adapter against every trap of its reward contract, and the example through ``train``."""

import json
import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace

import pytest

from reward_kit import EvaluateResult, MetricResult, Sample, reward_function
from reward_kit.cli import example_main
from reward_kit.data import load_jsonl
from reward_kit.errors import GradingError, PrerequisiteError, UsageError
from reward_kit.integrations.trl import create_trl_adapter

pytestmark = [
    pytest.mark.grpo,
    # TRL 1.16 uses a field by the name that transformers 5.23 deprecates.
    pytest.mark.filterwarnings("ignore:`(is_)?gradient_checkpointing` is deprecated:FutureWarning"),
]

CHARACTERS = "0123456789abcdefgh=?"


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny():
    """Return a function that makes a fresh tiny model, always with the same weights."""
    from reward_kit.training.tiny import tiny_model

    return lambda: tiny_model(CHARACTERS, seed=3)


@pytest.fixture
def grpo(tmp_path, tiny):
    """Return a function that trains a fresh tiny model with a reward function of TRL."""

    def run(reward, *, steps=2, **options):
        import torch
        from datasets import Dataset
        from transformers import PrinterCallback
        from trl import GRPOConfig, GRPOTrainer

        model, tokenizer = tiny()
        before = {name: value.clone() for name, value in model.state_dict().items()}
        prompts = [[{"role": "user", "content": f"{number}="}] for number in range(8)]
        settings = {
            "output_dir": str(tmp_path / "trl"),
            "max_steps": steps,
            "num_generations": 8,
            "per_device_train_batch_size": 32,
            "max_completion_length": 8,
            "learning_rate": 5e-3,
            "lr_scheduler_type": "constant",
            "seed": 5,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": "none",
            "disable_tqdm": True,
            "use_cpu": True,
            "bf16": False,
            "gradient_checkpointing": False,
        }
        trainer = GRPOTrainer(
            model,
            reward,
            args=GRPOConfig(**{**settings, **options}),
            train_dataset=Dataset.from_dict({"prompt": prompts, "answer": [str(number) for number in range(8)]}),
            processing_class=tokenizer,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        after = model.state_dict()
        return SimpleNamespace(
            log=[entry for entry in trainer.state.log_history if "reward" in entry],
            changed=[name for name, value in before.items() if not torch.equal(value, after[name])],
            finite=all(bool(value.isfinite().all()) for value in after.values()),
        )

    return run


@pytest.fixture
def program(example, capfd):
    """Return a function that runs the example's program and returns its exit code, output and errors."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            example_main(example.name, [str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return SimpleNamespace(code=ended.value.code, out=printed.out, err=printed.err)

    return run


@reward_function
def digits(messages, **_):
    text = messages[-1].text
    return {"score": sum(map(str.isdigit, text)) / len(text) if text else 0.0, "reason": "share of digits"}


@reward_function
async def digits_async(messages, **_):
    return digits(messages)


def constant(_messages, **_):
    return EvaluateResult(score=0.7, reason="always")


def losses(run):
    return [entry["loss"] for entry in run.log]


# The adapter in TRL's trainer


def test_a_model_learns_what_is_rewarded(grpo):
    rewards = [entry["reward"] for entry in grpo(create_trl_adapter(digits, {}), steps=30).log]

    assert fmean(rewards[:3]) < 0.6
    assert fmean(rewards[-3:]) > 0.95


def test_the_same_seed_gives_the_same_losses(grpo):
    first, second = (grpo(create_trl_adapter(digits, {}), steps=3) for _ in range(2))

    assert any(losses(first))
    assert losses(first) == losses(second)


def test_an_asynchronous_reward_trains_the_same(grpo):
    assert losses(grpo(create_trl_adapter(digits_async, {}))) == losses(grpo(create_trl_adapter(digits, {})))


def test_the_adapter_leaves_no_trace_in_the_training(grpo):
    def bare(completions, **_):
        texts = [completion[0]["content"] for completion in completions]
        shares = [sum(map(str.isdigit, text)) / len(text) if text else 0.0 for text in texts]
        return [round(share * 1024) / 1024 for share in shares]

    assert losses(grpo(create_trl_adapter(digits, {}), steps=3)) == losses(grpo(bare, steps=3))


def test_a_reward_that_changes_what_it_gets_changes_nothing(grpo):
    def vandal(messages, **_):
        result = digits(messages)
        messages[-1].content = "gone"
        messages.clear()
        return result

    assert losses(grpo(create_trl_adapter(vandal, {}))) == losses(grpo(create_trl_adapter(digits, {})))


def test_a_constant_reward_of_seven_tenths_changes_no_weight(grpo):
    run = grpo(create_trl_adapter(constant, {}))

    assert run.changed == []
    assert [entry["frac_reward_zero_std"] for entry in run.log] == [1.0, 1.0]


def test_without_the_adapter_the_same_constant_would_train_the_model(grpo):
    assert grpo(lambda prompts, **_: [0.7] * len(prompts)).changed != []


def test_what_is_not_graded_is_left_out_and_never_counts_as_zero(grpo):
    def picky(messages, **_):
        if messages[-1].text[:1] in {"a", "b", "c"}:
            return EvaluateResult.not_graded("no opinion")
        return EvaluateResult(score=1.0, reason="fine")

    run = grpo(create_trl_adapter(picky, {}), steps=3)

    assert all(entry["rewards/picky/not_graded"] > 0 for entry in run.log)
    assert [entry["reward"] for entry in run.log] == [1.0, 1.0, 1.0]
    assert run.changed == []


def test_too_many_failures_stop_the_training_with_their_cause(grpo):
    def broken(_messages, **_):
        message = "the judge is away"
        raise ConnectionError(message)

    with pytest.raises(GradingError, match=r"32 of the last 32 .* ConnectionError: the judge is away"):
        grpo(create_trl_adapter(broken, {}))


def test_an_error_in_the_event_loop_stops_the_training_too(grpo):
    async def broken(_messages, **_):
        raise TimeoutError

    with pytest.raises(GradingError, match="32 of the last 32"):
        grpo(create_trl_adapter(broken, {}))


@pytest.mark.parametrize("score", [math.inf, -math.inf, math.nan, 1e39])
def test_a_score_without_bounds_never_reaches_the_weights(grpo, score):
    def unbounded(messages, **_):
        if messages[-1].text[:1] == "a":
            return {"score": score, "reason": "unbounded"}
        return digits(messages)

    run = grpo(create_trl_adapter(unbounded, {}), scale_rewards="none")

    assert run.finite
    assert all(math.isfinite(entry["grad_norm"]) for entry in run.log)


def test_columns_and_parts_are_in_the_trainers_logs(grpo, tmp_path):
    from pyarrow import parquet

    def answered(messages, *, ground_truth):
        part = MetricResult(score=0.5, reason=messages[-1].text[:1])
        return EvaluateResult(score=0.0, reason=f"not {ground_truth}", metrics={"extracted_answer": part})

    reward = create_trl_adapter(answered, {"answer": "ground_truth"})
    run = grpo(reward, steps=1, log_completions=True, num_completions_to_print=0)
    (entry,) = run.log
    (table,) = (tmp_path / "trl" / "completions").glob("*.parquet")
    rows = parquet.read_table(table).to_pylist()

    assert entry["rewards/answered/parts/extracted_answer"] == 0.5
    assert {row["answered/gold"] for row in rows} <= set("01234567")
    assert all(row["answered/gold"] + "=" == row["prompt"][0]["content"] for row in rows)
    assert all(row["answered/extracted"] == row["completion"][0]["content"][:1] for row in rows)
    assert all(row["answered/reason"] == "not " + row["answered/gold"] for row in rows)


def test_the_examples_reward_works_in_a_spawned_process(example, bundled):
    adapter = create_trl_adapter(example.reward, {}, kwargs_column="more")
    batch = {
        "prompts": [[message.to_wire() for message in bundled.messages]] * 2,
        "completions": [bundled.reference_message.text, ""],
        "more": [{"ground_truth": bundled.ground_truth, **bundled.extra}] * 2,
    }
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(adapter, **batch).result(timeout=120) == [1.0, 0.0]


# ``train``


@pytest.fixture
def bundled(example):
    """Return the first sample of the example's data set that has a reference."""
    from reward_kit.cli.context import ExampleContext
    from reward_kit.data import read_samples

    return next(sample for sample in read_samples(ExampleContext(example.name).bundled_data) if sample.reference)


@pytest.fixture
def digits_run(example, tiny, tmp_path):
    """Return a function that trains a fresh tiny model to write digits, by ``train``."""
    import dataclasses

    from reward_kit.training import train

    samples = [Sample(messages=[{"role": "user", "content": f"{number}="}]) for number in range(8)]

    def run(name, *, model=None, **arguments):
        model = model or tiny()
        options = {
            "max_steps": 6,
            "save_steps": 3,
            "num_generations": 8,
            "max_completion_length": 4,
            "learning_rate": 1e-3,
        }
        options |= arguments.pop("options", {})
        return train(
            dataclasses.replace(example, reward=digits, system_prompt=""),
            samples,
            output=tmp_path / name,
            model=model.model,
            tokenizer=model.tokenizer,
            options=options,
            **arguments,
        )

    return run


def weights(folder):
    from safetensors.torch import load_file

    return load_file(Path(folder) / "model.safetensors")


def killer(step):
    """Return a callback that ends the training after ``step`` as Ctrl-C does."""
    from transformers import TrainerCallback

    class Killer(TrainerCallback):
        def on_step_end(self, _args, state, _control, **_):
            if state.global_step == step:
                raise KeyboardInterrupt

    return Killer()


def test_a_run_that_was_killed_goes_on_from_its_checkpoint_as_if_nothing_had_happened(digits_run, tmp_path):
    import torch

    whole = digits_run("whole")
    with pytest.raises(KeyboardInterrupt):
        digits_run("killed", callbacks=[killer(5)])
    resumed = digits_run("killed", resume=True)

    assert resumed.steps == whole.steps == 6
    assert [step["loss"] for step in resumed.log] == [step["loss"] for step in whole.log]
    logged = [row["step"] for row in load_jsonl(tmp_path / "killed" / "training.jsonl") if "reward" in row]
    assert logged == [1, 2, 3, 4, 4, 5, 6]
    expected, found = weights(whole.output), weights(resumed.output)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_checkpoints_are_not_overwritten_unasked(digits_run):
    digits_run("run", options={"max_steps": 3})

    with pytest.raises(UsageError, match="holds the checkpoints of a run; go on from them with --resume"):
        digits_run("run")


def test_there_has_to_be_a_checkpoint_to_resume_from(digits_run):
    with pytest.raises(UsageError, match="found no checkpoint"):
        digits_run("run", resume=True)


def test_lora_trains_the_adapter_and_leaves_the_model_alone(digits_run, tiny):
    import torch

    model, fresh = tiny(), tiny().model.state_dict()
    run = digits_run("lora", model=model, lora=True, options={"max_steps": 2, "save_strategy": "no"})
    state = model.model.state_dict()
    moved = [name for name, value in state.items() if "lora_B" in name and value.any()]
    kept = {name.replace(".base_layer", ""): value for name, value in state.items() if "lora_" not in name}

    assert run.steps == 2
    assert len(moved) == 14
    assert all(torch.equal(kept[name], value) for name, value in fresh.items())


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("learning_rate=1e-4", 1e-4),
        ("bf16=true", True),
        ("max_steps=7", 7),
        ("loss_type=dr_grpo", "dr_grpo"),
        ("reward_weights=[0.5]", [0.5]),
        ('generation_kwargs={"min_p": 0.1}', {"min_p": 0.1}),
        ("run_name=a=b", "a=b"),
    ],
)
def test_a_field_of_the_configuration_is_set_in_its_own_type(assignment, value):
    from reward_kit.training.settings import parse_options

    assert list(parse_options((assignment,)).values()) == [value]


@pytest.mark.parametrize(
    ("assignment", "complaint"),
    [
        ("learning_rat=1e-4", "no field 'learning_rat'; close to it: learning_rate"),
        ("learning_rate=fast", "found learning_rate='fast', expected"),
        ("learning_rate", "expected name=value"),
        ("reward_weights=[", "found reward_weights="),
    ],
)
def test_a_field_that_is_wrong_is_explained(assignment, complaint):
    from reward_kit.training.settings import parse_options

    with pytest.raises(UsageError) as raised:
        parse_options((assignment,))

    assert complaint in str(raised.value)


def test_settings_that_contradict_each_other_are_explained(digits_run):
    with pytest.raises(UsageError, match=r"the training settings do not go together: .* num_generations"):
        digits_run("run", options={"per_device_train_batch_size": 3})


def test_a_tracker_has_to_be_installed(digits_run):
    with pytest.raises(PrerequisiteError, match="'clearml' not installed"):
        digits_run("run", options={"report_to": ["clearml"]})


def test_the_program_trains_a_model_in_a_folder_on_the_examples_data(program, tiny, tmp_path, example):
    from pyarrow import parquet

    model, folder = tiny(), tmp_path / "model"
    model.model.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    output = tmp_path / "run"
    command = ["train", "--model", folder, "--output", output, "--limit", 4, "--seed", 3]
    short = ["--set", "num_generations=2", "--set", "max_completion_length=4", "--set", "save_steps=1"]

    ended = program(*command, *short, "--max-steps", 2)
    resumed = program(*command, *short, "--max-steps", 3, "--resume")

    assert (ended.code, resumed.code) == (0, 0)
    assert ended.out.startswith("2 steps, mean reward ")
    assert resumed.out.startswith("3 steps, mean reward ")
    assert "step 2 of 2: " in ended.err
    rows = [row for row in load_jsonl(output / "training.jsonl") if "reward" in row]
    assert [row["step"] for row in rows] == [1, 2, 3]
    table = parquet.read_table(output / "completions" / "completions_00001.parquet")
    assert {f"{example.reward.__name__}/{column}" for column in ("gold", "extracted")} <= set(table.column_names)
    settings = json.loads((output / "run.json").read_text())
    assert (settings["example"], settings["config"]["seed"]) == (example.name, 3)
    assert (output / "model.safetensors").is_file()


def test_a_model_that_is_not_there_ends_the_program_with_3(program, tmp_path):
    ended = program("train", "--model", tmp_path / "nowhere", "--output", tmp_path / "run", "--max-steps", 1)

    assert ended.code == 3
    assert "nowhere' could not be loaded" in ended.err.splitlines()[-1]


def test_a_field_that_does_not_exist_ends_the_program_with_2(program, tmp_path):
    ended = program("train", "--set", "warmup_step=1", "--output", tmp_path / "run")

    assert ended.code == 2
    assert ended.err.splitlines()[-1] == (
        "error: GRPOConfig has no field 'warmup_step'; close to it: warmup_steps, max_steps"
    )


@pytest.mark.timeout(900)
def test_the_smoke_run_trains_a_tiny_model_and_smollm2_on_the_example(program):
    ended = program("train", "--smoke")

    assert ended.code == 0, ended.out
    tiny, smollm2 = ended.out.splitlines()
    assert tiny.startswith("tiny: ok (30 steps, ")
    assert smollm2.startswith("smollm2: ok (2 steps, ")
