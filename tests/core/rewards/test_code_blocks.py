"""Which program a reply means."""

import pytest

from reward_kit.rewards.code_execution import extract_code_blocks
from reward_kit.rewards.code_execution.blocks import find_program

CASES = {
    "the last block of the language": ("```python\na = 1\n```\ntext\n```python\nb = 2\n```", "b = 2"),
    "a label is read in any case": ("```Python\na = 1\n```", "a = 1"),
    "a short label": ("```py\na = 1\n```", "a = 1"),
    "a label with a blank after it": ("```python \na = 1\n```", "a = 1"),
    "carriage returns": ("```python\r\na = 1\r\n```\r\n", "a = 1"),
    "a block without a label": ("```\na = 1\n```", "a = 1"),
    "a labelled block before one without": ("```python\na = 1\n```\nOutput:\n```\n42\n```", "a = 1"),
    "an unclosed block": ("```python\na = 1\nb = 2", "a = 1\nb = 2"),
    "no newline before the closing fence": ("```python\na = 1```", "a = 1"),
    "tildes": ("~~~python\na = 1\n~~~", "a = 1"),
    "four ticks around three": ("````python\ns = '''\n```\nx\n```\n'''\n````", "s = '''\n```\nx\n```\n'''"),
    "a block in a block of Markdown": ("````markdown\n```python\na = 1\n```\n````", "a = 1"),
    "an indented fence": ("- item\n\n  ```python\n  a = 1\n  ```", "a = 1"),
    "the thinking does not count": ("<think>```python\na = 1\n```</think>```python\nb = 2\n```", "b = 2"),
    "only thinking": ("<think>\n```python\na = 1\n```", None),
    "another language": ("```java\nint a;\n```", None),
    "no fence, but a program": ("import sys\nprint(1)", "import sys\nprint(1)"),
    "prose": ("I don't know", None),
    "an empty block": ("```python\n```", None),
}


@pytest.mark.parametrize(("reply", "program"), CASES.values(), ids=CASES)
def test_the_program_of_a_reply(reply, program):
    assert find_program(reply, "python") == program


def test_blocks_are_listed_with_their_languages():
    text = "```js\nx\n```\n```\ny\n```\n```c++\nz\n```"
    assert extract_code_blocks(text) == [
        {"language": "javascript", "code": "x"},
        {"language": "unknown", "code": "y"},
        {"language": "cpp", "code": "z"},
    ]


def test_a_language_leaves_out_the_others():
    assert extract_code_blocks("```js\nx\n```\n```py\ny\n```", "python") == [{"language": "python", "code": "y"}]


def test_a_long_run_of_ticks_is_read_in_linear_time():
    assert extract_code_blocks("`" * 200_000 + "\n" + "``` `" * 20_000) != []
