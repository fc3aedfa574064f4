"""What the documentation shows is what happens."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

import reward_kit

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(reward_kit.__file__).parent
SHOWN = sorted(path for path in SOURCE.rglob("*.py") if ">>>" in path.read_text())


def module_name(path):
    name = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
    return name.removesuffix(".__init__")


@pytest.mark.parametrize("path", SHOWN, ids=module_name)
def test_the_examples_of_a_module_run(path):
    # Not `import module`: reward_kit.reward_function is also the name of the decorator.
    outcome = doctest.testmod(importlib.import_module(module_name(path)), optionflags=doctest.ELLIPSIS)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_the_examples_of_the_package_readme_run():
    outcome = doctest.testfile(str(ROOT / "packages/core/README.md"), module_relative=False)
    assert outcome.attempted >= 4
    assert outcome.failed == 0


def test_the_code_of_the_readme_runs():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 3
    names = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own document
    polite = [{"role": "assistant", "content": "Here you are. Thank you."}]
    assert names["ends_politely"](polite).score == 1.0
    replies = ["#### 4", "#### 5"]
    assert names["reward"](prompts=["2+2=", "2+2="], completions=replies, answer=["4", "4"]) == [1.0, 0.0]


def test_every_link_of_the_documents_leads_somewhere():
    documents = [
        *ROOT.glob("*.md"),
        *ROOT.glob("*/README.md"),
        *ROOT.glob("packages/*/README.md"),
        *ROOT.glob("docs/**/*.md"),
    ]
    links = [(path, target) for path in documents for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text())]
    assert [link for link in links if not (link[0].parent / link[1]).exists()] == []
    assert len(links) >= 10
