"""``train`` with the real TRL: the example's reward and data, through its program."""

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import SimpleNamespace

import pytest

from reward_kit.cli import example_main
from reward_kit.cli.context import ExampleContext
from reward_kit.data import load_jsonl, read_samples
from reward_kit.integrations.trl import create_trl_adapter

pytestmark = pytest.mark.grpo


@pytest.fixture
def program(example, capfd):
    """Return a function that runs the example's program and returns its exit code, output and errors."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            example_main(example.name, [str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return SimpleNamespace(code=ended.value.code, out=printed.out, err=printed.err)

    return run


@pytest.fixture
def bundled(example):
    """Return the first sample of the example's data set that has a reference."""
    return next(sample for sample in read_samples(ExampleContext(example.name).bundled_data) if sample.reference)


def test_the_program_trains_a_model_in_a_folder_on_the_examples_data(program, tmp_path, example):
    from pyarrow import parquet

    from reward_kit.training.tiny import tiny_model

    model, folder = tiny_model("0123456789", seed=3), tmp_path / "model"
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
    assert settings["reward"] == example.reward.__name__
    assert (output / "model.safetensors").is_file()


def test_another_reward_is_trained_on_by_its_name(program, tmp_path):
    from reward_kit.training.tiny import tiny_model

    model, folder, output = tiny_model("0123456789", seed=3), tmp_path / "model", tmp_path / "run"
    model.model.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    reward = "reward_kit.rewards.code_execution:deepcoder_code_reward"
    short = ["--set", "num_generations=2", "--set", "max_completion_length=4", "--max-steps", 1, "--limit", 4]

    # The replies are digits: wrong, or, against a ground truth without tests, not graded.
    program("train", "--model", folder, "--output", output, "--reward", reward, *short)

    assert json.loads((output / "run.json").read_text())["reward"] == "deepcoder_code_reward"


def test_a_reward_that_is_not_there_ends_the_program_with_2(program, tmp_path):
    ended = program("train", "--reward", "nowhere:reward", "--output", tmp_path / "run")

    assert ended.code == 2
    assert "cannot import 'nowhere:reward'" in ended.err.splitlines()[-1]


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
    assert tiny.startswith("tiny: ok (20 steps, ")
    assert smollm2.startswith("smollm2: ok (2 steps, ")


def test_the_examples_reward_works_in_a_spawned_process(example, bundled):
    adapter = create_trl_adapter(example.reward, {}, kwargs_column="more")
    batch = {
        "prompts": [[message.to_wire() for message in bundled.messages]] * 2,
        "completions": [bundled.reference_message.text, ""],
        "more": [{"ground_truth": bundled.ground_truth, **bundled.extra}] * 2,
    }
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(adapter, **batch).result(timeout=120) == [1.0, 0.0]
