"""Every layout is read, nothing is dropped, nothing is repaired, nothing is run."""

import json
import time

import pytest

from reward_kit.rewards.function_calling import parse_tool_calls

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "days": {"type": "integer"},
                    "alerts": {"type": "boolean"},
                    "near": {"type": "object"},
                    "label": {"type": ["string", "null"]},
                },
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]
PARIS = ("get_weather", {"city": "Paris", "days": 3})
J = '{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}'
A = '{"city": "Paris", "days": 3}'

LAYOUTS = {
    "hermes": f"<tool_call>\n{J}\n</tool_call>",
    "hermes compact": f"<tool_call>{J}</tool_call>",
    "hermes with parameters": f"<tool_call>{J.replace('arguments', 'parameters')}</tool_call>",
    "hermes with text": f"I will look.\n<tool_call>\n{J}\n</tool_call>\nOne moment.",
    "hermes in a fence": f"```xml\n<tool_call>\n{J}\n</tool_call>\n```",
    "hermes list": f"<tool_call>[{J}]</tool_call>",
    "hermes, arguments as text": f"<tool_call>{json.dumps({'name': 'get_weather', 'arguments': A})}</tool_call>",
    "qwen3 coder": (
        "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n"
        "<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>"
    ),
    "qwen3 coder, bare": (
        "<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>"
    ),
    "llama function tag": f"<function=get_weather>{A}</function>",
    "llama json": J.replace("arguments", "parameters"),
    "python tag": f"<|python_tag|>{J}",
    "python tag, pythonic": "<|python_tag|>get_weather(city='Paris', days=3)<|eom_id|>",
    "pythonic": "[get_weather(city='Paris', days=3)]",
    "pythonic, bare": 'get_weather(city="Paris", days=3)',
    "llama 4": "<|python_start|>[get_weather(city='Paris', days=3)]<|python_end|>",
    "mistral list": f"[TOOL_CALLS] [{J}]",
    "mistral with arguments marker": f"[TOOL_CALLS]get_weather[ARGS]{A}",
    "mistral with an id": f"[TOOL_CALLS]get_weather[CALL_ID]a1B2c3D4e[ARGS]{A}",
    "mistral, name and json": f"[TOOL_CALLS]get_weather{A}",
    "deepseek v3": (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n"
        f"```json\n{A}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
    ),
    "deepseek v3.1": (
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{A}"
        "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
    ),
    "deepseek dsml": (
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n'
        '<｜DSML｜parameter name="city" string="true">Paris</｜DSML｜parameter>\n'
        '<｜DSML｜parameter name="days" string="false">3</｜DSML｜parameter>\n'
        "</｜DSML｜invoke>\n</｜DSML｜function_calls>"
    ),
    "harmony": f"<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{A}<|call|>",
    "harmony, recipient in the role": (
        f"<|start|>assistant to=functions.get_weather<|channel|>commentary json<|message|>{A}<|call|>"
    ),
    "harmony after analysis": (
        "<|channel|>analysis<|message|>Need it.<|end|><|start|>assistant<|channel|>commentary"
        f" to=functions.get_weather <|constrain|>json<|message|>{A}<|call|>"
    ),
    "glm": (
        "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n"
        "<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>"
    ),
    "kimi k2": (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>"
        f"{A}<|tool_call_end|><|tool_calls_section_end|>"
    ),
    "kimi k3": (
        '<|open|>tools<|sep|><|open|>call tool="get_weather" index="1"<|sep|>'
        '<|open|>argument key="city" type="string"<|sep|>Paris<|close|>argument<|sep|>'
        '<|open|>argument key="days" type="number"<|sep|>3<|close|>argument<|sep|><|close|>call<|sep|>'
        "<|close|>tools<|sep|>"
    ),
    "gemma": '<|tool_call>call:get_weather{city:<|"|>Paris<|"|>,days:3}<tool_call|>',
    "invoke": (
        '<function_calls>\n<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n'
        '<parameter name="days">3</parameter>\n</invoke>\n</function_calls>'
    ),
    "bare json": J,
    "bare json list": f"[{J}]",
    "fenced json": f"```json\n{J}\n```",
    "json of tool_calls": f'{{"tool_calls": [{{"type": "function", "function": {J}}}]}}',
    "after thinking": f"<think>\nLondon? No.\n</think>\n\n<tool_call>{J}</tool_call>",
    "after thinking that the prompt opened": f"Or <tool_call>{{}}</tool_call>.\n</think>\n<tool_call>{J}</tool_call>",
    "bare json after thinking": f"<think>hm</think>\n{J}",
    "after mistral's thinking": f"[THINK]hm [TOOL_CALLS]now{{}}[/THINK][TOOL_CALLS]get_weather[ARGS]{A}",
}


def made(message, tools=TOOLS):
    reply = parse_tool_calls(message, tools)
    return [(call.name, call.arguments) for call in reply.calls], [broken.reason for broken in reply.malformed]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_call_is_read_in_every_layout(layout):
    assert made(LAYOUTS[layout]) == ([PARIS], [])


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": A}}]},
        {"tool_calls": [{"name": "get_weather", "arguments": json.loads(A)}]},
        {"content": None, "function_call": {"name": "get_weather", "arguments": A}},
        {"content": [{"type": "tool_use", "id": "t", "name": "get_weather", "input": json.loads(A)}]},
        {"content": [{"type": "text", "text": LAYOUTS["hermes"]}]},
        {"content": LAYOUTS["hermes"], "tool_calls": [{"function": {"name": "get_weather", "arguments": A}}]},
    ],
    ids=["openai", "flat", "legacy", "anthropic", "text part", "text that repeats the objects"],
)
def test_a_call_is_read_in_every_kind_of_message(message):
    assert made({"role": "assistant", **message}) == ([PARIS], [])


def test_a_call_in_the_text_beside_others_is_an_attempt_too():
    message = {
        "role": "assistant",
        "content": '<tool_call>{"name": "now", "arguments": {}}</tool_call>',
        "tool_calls": [{"function": {"name": "get_weather", "arguments": A}}],
    }
    assert made(message) == ([PARIS, ("now", {})], [])


def test_a_call_in_what_harmony_shows_to_the_user_is_an_attempt_too():
    shown = '<|start|>assistant<|channel|>final<|message|><tool_call>{"name": "now", "arguments": {}}</tool_call>'
    assert made(LAYOUTS["harmony"] + shown) == ([PARIS, ("now", {})], [])


def test_two_calls_of_every_marked_layout_are_two_calls():
    for layout in (
        "hermes",
        "qwen3 coder",
        "glm",
        "gemma",
        "invoke",
        "kimi k2",
        "deepseek v3",
        "mistral, name and json",
    ):
        assert made(LAYOUTS[layout] * 2) == ([PARIS, PARIS], []), layout


@pytest.mark.parametrize(
    "marker", ["<tool_call>", "</tool_call>", "</think>", "<think>", "[TOOL_CALLS] []", "}}", "<|call|>"]
)
def test_a_marker_inside_a_string_is_data(marker):
    arguments = json.dumps({"city": marker})
    call = f'{{"name": "get_weather", "arguments": {arguments}}}'
    layouts = [
        f"<tool_call>\n{call}\n</tool_call>",
        call,
        f"[TOOL_CALLS]get_weather{arguments}",
        f"<|channel|>commentary to=functions.get_weather<|message|>{arguments}<|call|>",
        f"[get_weather(city={marker!r})]",
        f"<think>ok</think>\n<tool_call>\n{call}\n</tool_call>",
    ]
    for text in layouts:
        assert made(text) == ([("get_weather", {"city": marker})], []), text


def test_a_closing_tag_inside_a_tagged_value_is_data():
    text = LAYOUTS["qwen3 coder"].replace("Paris", "a </parameter> b </function> c")
    assert made(text)[0][0][1]["city"] == "a </parameter> b </function> c"


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>{'name': 'now', 'arguments': {}}</tool_call>",
        '<tool_call>{"name": "now", "arguments": {},}</tool_call>',
        '<tool_call>{"name": "now", "arguments": {}} thanks</tool_call>',
        '<tool_call>{"name": "now", "arguments": {}}',
        '<tool_call>{"name": "now", "arguments": {',
        '<tool_call>{"name": "now", "arguments": [1]}</tool_call>',
        '<tool_call>{"name": "now", "arguments": "null"}</tool_call>',
        '<tool_call>{"name": "now", "timezone": "UTC"}</tool_call>',
        '<tool_call>{"name": "now", "arguments": {}, "parameters": {"a": 1}}</tool_call>',
        '<tool_call>{"name": null, "arguments": {}}</tool_call>',
        '<tool_call>{"name": "now", "arguments": {"a": NaN}}</tool_call>',
        '<tool_call>{"name": "now", "arguments": {"a": 1e999}}</tool_call>',
        '<tool_call>{"name": "now", "arguments": {"a": 1, "a": 2}}</tool_call>',
        '<tool_call>{"name": "now", "arguments": {"a": ' + "9" * 5000 + "}}</tool_call>",
        '<tool_call>{"name": "now", "arguments": {"a": ' + "[" * 70 + "]" * 70 + "}}</tool_call>",
        "<tool_call>" + "[" * 100_000,
        "<tool_call>42</tool_call>",
        "<tool_call></tool_call>",
        "<tool_call>[]</tool_call>",
        "<tool_call>what time is it</tool_call>",
        "<tool_call>\n<function=now>\n</function>\n",
        "<function=now>\n<parameter=a>\n1\n</function>",
        "<function=now>{}",
        "[TOOL_CALLS] what",
        "[now(a=__import__('os').getpid())]",
        "[now(a=1+1)]",
        "[now(1)]",
        "[now(**{'a': 1})]",
        "[now(a={1: 2})]",
        "[now(a=1e999)]",
        "<|python_tag|>import os; os.system('true')",
        "<|channel|>commentary to=functions.now<|message|>{",
        "<|channel|>commentary to=functions.now<|message|>{} extra",
        "<|channel|>commentary to=python<|message|>print(1)",
        "<|tool_call>call:now{a:}<tool_call|>",
        "<|tool_call>call:now{}",
        '<invoke name="now"><parameter name="a">1',
        '{"name": "now", "arguments": {"a": }',
        "<think>I could call it",
    ],
)
def test_what_cannot_be_read_whole_is_one_malformed_attempt(text):
    calls, broken = made(text)
    assert calls == []
    assert len(broken) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It is noon.",
        "[1, 2, 3]",
        '{"city": "Paris"}',
        '{"name": "Ada", "born": 1815}',
        "print('hello')",
        "```python\nprint('hello')\n```",
        "Use f(x) = 2x.",
        "<|channel|>final<|message|>Nothing to call.<|return|>",
        "<think>get_weather? no</think>It is noon.",
        f"<think>{LAYOUTS['hermes']}</think>It is noon.",
        f"{LAYOUTS['hermes']}</think>It is noon.",
    ],
)
def test_a_reply_that_tries_nothing_has_no_attempts(text):
    assert made(text) == ([], [])


def test_only_the_first_closing_of_thinking_makes_a_draft_of_what_is_before_it():
    text = f"<think>a</think>{LAYOUTS['hermes']}</think>{LAYOUTS['hermes']}"
    assert made(text) == ([PARIS, PARIS], [])


def test_a_tagged_value_has_the_type_of_the_schema_and_no_other():
    def values(**given):
        tags = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in given.items())
        return made(f"<function=get_weather>\n{tags}</function>")[0][0][1]

    assert values(city="007", days="7", alerts="true", near='{"a": 1}', label="null", other="5") == {
        "city": "007",
        "days": 7,
        "alerts": True,
        "near": {"a": 1},
        "label": None,
        "other": "5",
    }
    assert values(city="null", days="seven", alerts="yes", near="{a: 1}", label="5") == {
        "city": "null",
        "days": "seven",
        "alerts": "yes",
        "near": "{a: 1}",
        "label": "5",
    }


def test_without_tools_a_tagged_value_stays_text():
    assert made(LAYOUTS["glm"], None) == ([("get_weather", {"city": "Paris", "days": "3"})], [])


@pytest.mark.parametrize("message", [None, 5, [], {}, {"tool_calls": "x"}, {"tool_calls": [None]}, {"content": 5}])
def test_any_message_is_read_without_raising(message):
    assert parse_tool_calls(message, TOOLS).calls == ()


@pytest.mark.parametrize(
    "piece",
    [
        "<tool_call>",
        "<tool_call>{",
        '<tool_call>"',
        '<tool_call>["",',
        "<think>",
        "</think>",
        "<think></think>",
        "<function=f><parameter=a>",
        "[TOOL_CALLS]",
        "<|tool_call>call:f{a:",
        "<|channel|>",
        "<|message|>",
        "<|channel|>final<|message|>",
        "<｜tool▁call▁begin｜>",
        '<invoke name="a">',
        "[f(x=",
        "```\n",
        '{"name":"',
        "[",
        "(",
        '<think></think>{"',
        "<tool_call>f<arg_key>a</arg_key><arg_value>",
        '<|open|>call tool="a"<|sep|>',
    ],
)
def test_the_time_for_a_hostile_text_does_not_grow_with_its_square(piece):
    def spent(length):
        text = piece * (length // len(piece))
        started = time.process_time()
        parse_tool_calls(text, TOOLS)
        return time.process_time() - started

    spent(20_000)
    # A quadratic reader takes 64 times as long, and minutes.
    assert min(spent(800_000) for _ in range(2)) < max(min(spent(100_000) for _ in range(3)), 0.004) * 40


def test_a_text_with_too_many_attempts_is_never_right():
    reply = parse_tool_calls("<tool_call>" + J + "</tool_call>" * 1 + LAYOUTS["hermes"] * 2000, TOOLS)
    assert reply.malformed[-1].reason == "more than 256 attempts"
