"""What a program in the native sandbox can do, and what comes out of it."""

import asyncio
import shutil
import time
from pathlib import Path

import pytest

from reward_kit.errors import UsageError
from reward_kit.sandbox import (
    Call,
    IsolationUnavailableError,
    Limits,
    Program,
    SandboxError,
    Stdin,
    TestSuite,
    get_sandbox,
)
from reward_kit.sandbox.native import NativeSandbox

QUICK = Limits(seconds=2, memory_mb=256, output_bytes=1 << 20)


def run(native, source, stdin="", limits=QUICK):
    return native.run(Program(source=source), stdin=stdin, limits=limits)


def call(native, source, *args, limits=QUICK):
    return native.run(Program(source=source), call=Call(function="f", args=args), limits=limits)


def test_a_program_reads_its_input_and_prints(native):
    assert run(native, "print(input()[::-1])", "abc\n").stdout == "cba\n"


@pytest.mark.parametrize(
    "source",
    [
        "import sys; print(sys.stdin.read())",
        "print(open(0).read())",
        "print(open('/dev/stdin').read())",
        "import sys; print(sys.stdin.buffer.read().decode())",
        "import os; os.write(1, os.read(0, 100))",
        "import fileinput; print(''.join(fileinput.input()))",
    ],
)
def test_standard_input_is_read_in_every_usual_way(native, source):
    assert run(native, source, "abc").stdout.strip() == "abc"


@pytest.mark.parametrize("share", [False, True])
def test_a_shorter_input_ends_where_it_ends(native, share):
    program = Program(source="import sys; print(len(sys.stdin.read()))")
    cases = [Stdin("x" * 9000), Stdin("y"), Stdin("")]
    outcomes = native.submit(program, cases, QUICK, share=share).result()
    assert [outcome.stdout for outcome in outcomes] == ["9000\n", "1\n", "0\n"]


@pytest.mark.parametrize(
    ("source", "stdout"),
    [
        ("import atexit; atexit.register(lambda: print('b')); print('a')", "a\nb\n"),
        ("print(1); exit()", "1\n"),
        ("import threading; threading.Thread(target=lambda: print('t')).start()", "t\n"),
        ("if __name__ == '__main__': print('main')", "main\n"),
        ("import asyncio\nasync def f(): print(await asyncio.sleep(0, 'x'))\nasyncio.run(f())", "x\n"),
        ("import tempfile\nwith tempfile.TemporaryFile() as f: print(f.write(b'abc'))", "3\n"),
        ("import sys; sys.setrecursionlimit(9999)\ndef f(n): return n and 1 + f(n - 1)\nprint(f(9000))", "9000\n"),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\nprint(A(1))", "A(x=1)\n"),
        ("import resource; resource.setrlimit(resource.RLIMIT_STACK, (-1, -1)); print(1)", "1\n"),
    ],
)
def test_honest_habits_work(native, source, stdout):
    outcome = run(native, source)
    assert (outcome.status, outcome.stdout) == ("ok", stdout)


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("1 / 0", "runtime_error"),
        ("print(", "runtime_error"),
        ("raise SystemExit(3)", "runtime_error"),
        ("import os; os.kill(os.getpid(), 9)\nraise ValueError", "runtime_error"),
        ("import ctypes; ctypes.string_at(0)", "runtime_error"),
        ("while True: pass", "time_limit"),
        ("import time; time.sleep(60)", "time_limit"),
        ("x = bytearray(1 << 30)", "memory_limit"),
        ("while True: print('x' * 100000)", "output_limit"),
        ("import sys\nwhile True: sys.stderr.write('x' * 100000)", "runtime_error"),
    ],
)
def test_a_failing_program_ends_with_its_own_status(native, source, status):
    assert run(native, source).status == status


def test_a_limit_on_time_holds_for_a_program_that_ignores_signals(native):
    began = time.monotonic()
    source = "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n    except Exception: pass\nwhile 1: pass"
    assert run(native, source).status == "time_limit"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open('/proc/self/environ')",
        "open('/proc/1/mem', 'rb')",
        "__import__('os').listdir('/')",
        "__import__('os').fork()",
        "__import__('os').execv('/bin/sh', ['sh'])",
        "__import__('os').kill(1, 0)",
        "__import__('os').kill(__import__('os').getppid(), 19)",
        "__import__('socket').socket()",
        "__import__('subprocess').run(['true'])",
        "open('/tmp/left', 'w')",
        "__import__('os').memfd_create('x')",
        "__import__('os').nice(-5)",
        "__import__('reward_kit.sandbox')",
    ],
)
def test_reaching_out_fails(native, attempt):
    source = f"try:\n    {attempt}\nexcept BaseException as error:\n    print('refused')\nelse:\n    print('worked')"
    assert run(native, source).stdout == "refused\n"


def test_the_environment_holds_nothing_of_the_grader(native, monkeypatch):
    monkeypatch.setenv("FIREWORKS_API_KEY", "secret")
    assert run(native, "import os; print(dict(os.environ))").stdout == "{}\n"


def test_a_case_leaves_no_file_to_the_next(native):
    program = Program(
        source="import os; print(sorted(os.listdir('.'))); open('platform.py', 'w').write('x'); os.mkdir('d')"
    )
    outcomes = native.submit(program, [Stdin("")] * 4, QUICK).result()
    assert [outcome.stdout for outcome in outcomes] == ["[]\n"] * 4


def test_a_folder_tree_of_thousands_is_removed(native):
    deep = "import os\nfor i in range(400):\n    os.mkdir('d'); os.chdir('d')\nprint('deep')"
    assert run(native, deep).stdout == "deep\n"
    assert run(native, "import os; print(os.listdir('.'))").stdout == "[]\n"


def test_cases_in_one_process_have_their_own_input_output_and_main(native):
    program = Program(source="import sys\nx = globals().get('x', 0) + 1\nprint(x, input())")
    outcomes = native.submit(program, [Stdin(f"{n}\n") for n in range(5)], QUICK, share=True).result()
    assert [outcome.stdout for outcome in outcomes] == [f"1 {n}\n" for n in range(5)]


def test_a_case_that_ends_its_process_does_not_end_the_other_cases(native):
    program = Program(source="import os\nn = int(input())\nif n == 1: os._exit(0)\nif n == 2: 1 / 0\nprint(n)")
    outcomes = native.submit(program, [Stdin(f"{n}\n") for n in range(5)], QUICK, share=True).result()
    assert [outcome.stdout for outcome in outcomes] == ["0\n", "", "", "3\n", "4\n"]


def test_a_call_returns_plain_data(native):
    outcome = call(native, "def f(x): return {'a': (x, [1.5, None]), 2: {3}}", 10**30)
    assert outcome.value == ["d", ["a", ["t", ["i", hex(10**30)], ["l", ["f", "1.5"], None]]], [2, ["s", 3]]]


def test_a_method_of_class_solution_is_called(native):
    source = "class Solution:\n    def f(self, a, b): return a + b"
    assert call(native, source, "x", "y").value == "xy"


def test_each_call_has_its_own_outcome(native):
    source = "def f(n):\n    if n == 1: raise KeyError('k')\n    if n == 2:\n        while True: pass\n    if n == 3: exit(0)\n    return n"
    calls = [Call(function="f", args=(n,)) for n in range(5)]
    outcomes = native.submit(Program(source=source), calls, Limits(seconds=1)).result()
    assert [outcome.status for outcome in outcomes] == ["ok", "runtime_error", "time_limit", "runtime_error", "ok"]


@pytest.mark.parametrize(
    "source",
    [
        "def f(): return [1] * 10**7",
        "def f():\n    x = []\n    x.append(x)\n    return x",
        "def f(): return 1 << 10**7",
        "def f():\n    x = 0\n    for _ in range(5000): x = [x]\n    return x",
    ],
)
def test_a_value_that_is_too_large_or_deep_is_no_answer(native, source):
    assert call(native, source).status == "runtime_error"


def test_colliding_integers_cost_the_grader_nothing(native):
    source = "def f(): return [i * (2**61 - 1) for i in range(30000)]"
    began = time.process_time()
    assert call(native, source, limits=Limits(seconds=10)).status == "ok"
    assert time.process_time() - began < 2


def test_a_failing_test_suite_cannot_be_talked_round(native):
    sources = [
        "class E:\n    def __eq__(self, other): return True\ndef f(x): return E()",
        "from unittest.mock import ANY\ndef f(x): return ANY",
        "import sys; sys.exit(0)",
        "import os\ndef f(x): os._exit(0)",
        "import builtins\nbuiltins.isinstance = lambda *a: True\ndef f(x): return None",
        "def f(x): raise SystemExit(0)",
        "def f(x):\n    import os\n    os.write(6, b'\\x05\\x00\\x00\\x00[\"value\", \"1\", []]')\n    os.write(3, b'\\0\\0\\0\\0y\\0\\0\\0\\0')",
        "def set(x): return 7\ndef f(x): return 8",
    ]
    suite = TestSuite(kind="asserts", tests=("assert f(1) == 2", "assert set([f(1)]) == {2}"))
    for source in sources:
        assert native.submit_tests(Program(source=source), suite, QUICK).result().passed == (False, False)


def test_changes_to_arguments_are_seen_by_the_tests(native):
    suite = TestSuite(kind="asserts", tests=("x = [3, 1]; f(x); assert x == [1, 3]",))
    assert native.submit_tests(Program(source="def f(x): x.sort()"), suite, QUICK).result().passed == (True,)


def test_broken_tests_are_nobodys_wrong_answer(native):
    suite = TestSuite(kind="asserts", setup="import no_such_module", tests=("assert f(1) == 2",))
    with pytest.raises(SandboxError, match="the tests are broken"):
        native.submit_tests(Program(source="def f(x): return 2"), suite, QUICK).result()


def test_in_process_tests_say_so(native):
    suite = TestSuite(kind="asserts", tests=("assert f(1) == 2",), trust="in-process")
    outcome = native.submit_tests(Program(source="def f(x): return 2"), suite, QUICK).result()
    assert (outcome.passed, outcome.trust) == ((True,), "in-process")


def test_a_batch_comes_back_in_order(native):
    jobs = [(Program(source=f"print({n})"), [Stdin("")]) for n in range(20)]
    found = native.run_batch(jobs, limits=QUICK)
    assert [outcomes[0].stdout for outcomes in found] == [f"{n}\n" for n in range(20)]


def test_the_async_form_does_not_block_the_loop(native):
    async def both():
        ticks = 0
        task = asyncio.ensure_future(native.arun(Program(source="import time; time.sleep(0.3)"), limits=QUICK))
        while not task.done():
            await asyncio.sleep(0.02)
            ticks += 1
        return ticks, task.result().status

    ticks, status = asyncio.run(both())
    assert status == "ok"
    assert ticks > 3


def test_every_outcome_says_how_it_was_confined(native):
    outcome = run(native, "print(1)")
    assert (outcome.backend, outcome.isolation) == ("native", native.level)


def test_without_namespaces_the_level_is_two():
    sandbox = NativeSandbox(workers=1, without=["namespaces"])
    try:
        assert sandbox.level == "L2"
        assert {item.name: item.in_force for item in sandbox.restrictions()}["namespaces"] is False
        assert run(sandbox, "print(1)").stdout == "1\n"
    finally:
        sandbox.close()


@pytest.mark.parametrize("without", [["seccomp"], ["landlock", "namespaces"]])
def test_without_what_confines_nothing_is_run(without):
    with pytest.raises(IsolationUnavailableError, match="found isolation 'none'"):
        NativeSandbox(workers=1, without=without)


def test_closing_leaves_no_process_and_no_file():
    sandbox = NativeSandbox(workers=2, without=["namespaces"])
    folder = Path(run(sandbox, "import os\nopen('f', 'w').write('x')\nprint(os.getcwd())").stdout.strip())
    assert folder.is_dir()
    assert "reward-kit-jail-" in folder.name
    sandbox.close()
    assert not folder.exists()


def test_get_sandbox_gives_the_same_one_each_time():
    assert get_sandbox("auto") is get_sandbox("auto")


def test_an_unknown_backend_is_refused():
    with pytest.raises(UsageError, match="found sandbox='chroot'"):
        get_sandbox("chroot")


@pytest.mark.skipif(shutil.which("node", path="/usr/bin:/bin") is None, reason="no node in /usr/bin")
def test_javascript_runs(native):
    outcome = native.run(Program(source="console.log(6 * 7)", language="javascript"), limits=Limits(seconds=10))
    assert (outcome.status, outcome.stdout) == ("ok", "42\n")


@pytest.mark.skipif(shutil.which("g++", path="/usr/bin:/bin") is None, reason="no g++ in /usr/bin")
def test_cpp_is_compiled_once_and_runs(native):
    source = "#include <iostream>\nint main() { int a; std::cin >> a; std::cout << a * 2; }"
    program = Program(source=source, language="cpp")
    outcomes = native.submit(program, [Stdin("4"), Stdin("5")], Limits(seconds=10)).result()
    assert [outcome.stdout for outcome in outcomes] == ["8", "10"]


@pytest.mark.skipif(shutil.which("g++", path="/usr/bin:/bin") is None, reason="no g++ in /usr/bin")
def test_cpp_that_does_not_compile_says_so(native):
    outcome = native.run(Program(source="int main( {", language="cpp"))
    assert outcome.status == "compile_error"


@pytest.mark.parametrize("share", [False, True])
def test_standard_input_can_be_read_twice(native, share):
    program = Program(source="import sys\na = sys.stdin.read()\nsys.stdin.seek(0)\nprint(a == sys.stdin.read(), a)")
    outcomes = native.submit(program, [Stdin("first, long"), Stdin("second")], QUICK, share=share).result()
    assert [outcome.stdout for outcome in outcomes] == ["True first, long\n", "True second\n"]


def test_no_two_cases_draw_the_same_random_numbers(native):
    outcomes = native.submit(Program(source="import random\nprint(random.random())"), [Stdin("")] * 5, QUICK).result()
    assert len({outcome.stdout for outcome in outcomes}) == 5


def test_a_program_finds_nothing_in_main_but_what_python_puts_there(native):
    source = "import sys\nprint(sorted(globals().keys() - {'sys'}), 'solution' in sys.modules, sys.argv)"
    expected = ["__builtins__", "__doc__", "__loader__", "__name__", "__package__", "__spec__"]
    assert run(native, source).stdout == f"{expected} False ['']\n"


@pytest.mark.parametrize("line", ["import math, decimal as d", "from decimal import Decimal", "import  json ,decimal"])
def test_modules_that_programs_import_are_there(native, line):
    assert run(native, f"import sys\n{line}\nprint('decimal' in sys.modules)").stdout == "True\n"
