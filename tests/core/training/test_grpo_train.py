"""``train``: real runs of a tiny model; checkpoints, resuming, settings."""

from pathlib import Path

import pytest

from reward_kit import Example, HubSource, Sample, reward_function
from reward_kit.data import load_jsonl
from reward_kit.errors import PrerequisiteError, UsageError
from reward_kit.training import train
from reward_kit.training.settings import parse_options

pytestmark = pytest.mark.grpo


@reward_function
def digits(messages, **_):
    text = messages[-1].text
    return {"score": sum(map(str.isdigit, text)) / len(text) if text else 0.0, "reason": "share of digits"}


EXAMPLE = Example(
    name="digits",
    package="digits",
    summary="Write digits.",
    source=HubSource(repo="ours/digits", split="train", revision="0" * 40, licence="MIT"),
    row=Sample.model_validate,
    system_prompt="",
    reward=digits,
)
SAMPLES = [Sample(messages=[{"role": "user", "content": f"{number}="}]) for number in range(8)]


@pytest.fixture
def digits_run(tiny, tmp_path):
    """Return a function that trains a fresh tiny model to write digits."""

    def run(name, *, model=None, **arguments):
        model = model or tiny()
        options = {
            "max_steps": 6,
            "save_steps": 3,
            "num_generations": 8,
            "per_device_train_batch_size": 32,  # two steps are an epoch
            "max_completion_length": 4,
            "learning_rate": 1e-3,
        }
        options |= arguments.pop("options", {})
        return train(
            EXAMPLE,
            SAMPLES,
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
    with pytest.raises(UsageError) as raised:
        parse_options((assignment,))

    assert complaint in str(raised.value)


def test_settings_that_contradict_each_other_are_explained(digits_run):
    with pytest.raises(UsageError, match=r"the training settings do not go together: .* num_generations"):
        digits_run("run", options={"per_device_train_batch_size": 3})


def test_a_data_set_that_fills_no_batch_is_refused(digits_run):
    with pytest.raises(UsageError, match="found 8 samples, expected 9 or more"):
        digits_run("run", options={"per_device_train_batch_size": 72})


def test_a_tracker_has_to_be_installed(digits_run):
    with pytest.raises(PrerequisiteError, match="'clearml' not installed"):
        digits_run("run", options={"report_to": ["clearml"]})
