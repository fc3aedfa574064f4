"""Whatever a program does to its grading is its own doing: it is wrong, and the next program is not worse off."""

import os
import threading
import time

import pytest

from reward_kit.sandbox import Call, Limits, Program, SandboxError, Stdin, TestSuite
from reward_kit.sandbox.native import NativeSandbox

QUICK = Limits(seconds=2, memory_mb=512, output_bytes=1 << 20)
ONE_TEST = TestSuite(kind="asserts", tests=("assert f(1) == 2",))


pytestmark = pytest.mark.usefixtures("native")


@pytest.fixture(scope="module")
def single(native):  # noqa: ARG001 - says why, where there is none
    """Give a sandbox of one worker, so that one program comes after the other in it."""
    sandbox = NativeSandbox(workers=1)
    yield sandbox
    sandbox.close()


def cases(sandbox, source, *inputs, share=False, limits=QUICK):
    return sandbox.submit(Program(source=source), [Stdin(text) for text in inputs], limits, share=share).result()


@pytest.mark.parametrize("share", [False, True])
def test_the_end_of_a_longer_input_is_not_left_in_a_shorter_one(single, share):
    outcomes = cases(single, "import sys; print(repr(sys.stdin.read()))", "1000\n", "5\n", "", share=share)
    assert [outcome.stdout for outcome in outcomes] == ["'1000\\n'\n", "'5\\n'\n", "''\n"]


def test_a_program_finds_no_other_input_of_its_job(single):
    source = """
import os
for number in range(3, 20):
    try:
        print(os.pread(number, 100000, 0))
    except OSError:
        pass
"""
    assert "777" not in cases(single, source, "1", "777")[0].stdout


FILL = "import mmap\nkept = []\ntry:\n    while True: kept.append(mmap.mmap(-1, 1 << 20))\nexcept OSError: print(len(kept))"


def test_packages_of_one_program_take_no_memory_from_the_next(single):
    pytest.importorskip("numpy")
    before = int(cases(single, FILL, "")[0].stdout)
    cases(single, "import numpy", "")
    assert int(cases(single, FILL, "")[0].stdout) >= before - 10


@pytest.mark.parametrize(
    "source",
    [
        "import os\nfor n in range(1, 60):\n    os.makedirs(f'~{os.getppid()}.{n}/x')\nos.makedirs('d')\nfor n in range(60): open(f'd/{n}', 'w')",
        "import os\nos.makedirs('a/b')\nos.mkdir('a/c', 0)\nos.mkdir('d', 0)",
        "import os\nfor n in range(30):\n    os.mkdir('x' * 250); os.chdir('x' * 250)\nopen('f', 'w').write('x')",
        "import os\nos.symlink('/', 'root'); os.symlink('loop', 'loop'); os.link('root', 'hard'); os.mkdir('\\udcff')",
        "import os\nos.mkdir('d'); os.rename('d', 'e'); os.chdir('e'); os.mkdir('-rf'); os.mkdir('..x')",
    ],
)
def test_no_folder_is_beyond_wiping(single, source):
    cases(single, source, "")
    assert cases(single, "import os; print(os.listdir('.'))", "")[0].stdout == "[]\n"


def test_files_made_while_the_tests_end_do_not_stop_the_grading(single):
    source = """
import os, threading
def make():
    n = 0
    while True:
        n += 1
        try:
            os.makedirs(f'a{n % 7}/b'); open(f'a{n % 7}/b/c{n}', 'w').close()
        except OSError:
            pass
for _ in range(4): threading.Thread(target=make, daemon=True).start()
def f(x): return 2
"""
    for _ in range(8):
        assert single.submit_tests(Program(source=source), ONE_TEST, QUICK).result().passed in {(True,), (False,)}


@pytest.mark.parametrize(
    "source",
    [
        "d = 'd' * 200\nimport os\nfor _ in range(25):\n    os.mkdir(d); os.chdir(d)\nfor n in range(40): open(f'f{n}', 'wb').write(bytes(1 << 20))",
        "import os\nos.mkdir('d', 0o300)\nos.chdir('d')\nfor n in range(40): open(f'f{n}', 'wb').write(bytes(1 << 20))",
    ],
)
def test_files_are_counted_where_they_are_hidden(source):
    sandbox = NativeSandbox(workers=1, without=["namespaces"])
    try:
        slow = source + "\nimport time; time.sleep(0.5)"
        assert cases(sandbox, slow, "", limits=Limits(seconds=5, output_bytes=1 << 20))[0].status == "output_limit"
    finally:
        sandbox.close()


def forged(*frames):
    """Return a program that answers the tester before it is asked."""
    written = "\n".join(
        f"m = ({frame}).encode(); m = len(m).to_bytes(4, 'little') + m\nwhile m: m = m[os.write(6, m):]"
        for frame in frames
    )
    return f"import os\n{written}\nimport time; time.sleep(5)"


@pytest.mark.parametrize(
    "source",
    [
        forged("'[\"ready\"' + ',{\"\":0}' * 1_750_000 + ']'"),
        forged("'[\"ready\"]'", "'[\"names\",' + '[' * 90_000 + ']' * 90_000 + ']'"),
        forged("'[\"ready\"]'", "'[\"names\", [\"callable\"]]'", "'[\"value\",' + '[' * 900 + ']' * 900 + ',[]]'"),
        forged("'[\"ready\"]'", "'[\"names\", [\"callable\"]]'", "'[\"raise\", \"\\\\u0000\", 7]'"),
        forged("'[\"ready\"]'", "'[\"names\", [\"callable\"]]'", "'[\"raise\", \"SystemExit\", \"0\"]'"),
        forged("'[\"ready\"]'", "'[\"names\", [\"callable\"]]'", "'[\"value\", \"2\", [[-9, \"1\"]]]'"),
        forged("'[\"ready\"]'", "'[\"names\", [\"value\"]]'", "'[\"value\", \"[\\\\\"o\\\\\", \\\\\"x\\\\\", true, 0]\", []]'"),
        forged("'[' + '9' * 100_000 + ']'"),
        forged("'{}'"),
        "import os; os.close(6)",
        "import os; os.write(6, b'\\xff' * 70_000)",
        "raise KeyboardInterrupt",
        "def f(x): raise GeneratorExit",
        "class E(BaseException):\n    def __str__(self): raise E\ndef f(x): raise E",
        "class M(type):\n    __name__ = property(lambda s: 1 / 0)\nclass E(Exception, metaclass=M): pass\ndef f(x): raise E",
        "def f(x): return type('x' * 10**6, (), {'__bool__': lambda s: 1 / 0})()",
    ],
)  # fmt: skip
def test_no_answer_to_the_tester_makes_the_tests_look_broken(single, source):
    assert single.submit_tests(Program(source=source), ONE_TEST, QUICK).result().passed == (False,)


@pytest.mark.parametrize("record", ["(0, b'z')", "(0xFFFFFFFF, b'z')", "(0, b'e')"])
def test_forged_counts_of_tests_stop_no_grading(single, record):
    tests = "import unittest\nfrom unittest.mock import patch\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(f(1), 2)"
    suite = TestSuite(kind="unittest", setup=tests, entry="f", trust="in-process")
    source = f"import os\nn, k = {record}\nos.write(3, n.to_bytes(4, 'little') + k + bytes(4))\nos._exit(0)"
    assert not any(single.submit_tests(Program(source=source), suite, QUICK).result().passed)


def test_a_submission_that_skips_its_tests_passes_none(single):
    tests = "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(f(1), 2)"
    suite = TestSuite(kind="unittest", setup=tests, entry="f", trust="in-process")
    source = "import unittest\ndef f(x): raise unittest.SkipTest('no')"
    assert single.submit_tests(Program(source=source), suite, QUICK).result().passed == (False,)


def test_class_fixtures_of_unittest_run(single):
    tests = "import unittest\nclass T(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls): cls.x = 1\n    def test(self): self.assertEqual(f(self.x), 2)"
    suite = TestSuite(kind="unittest", setup=f"{tests}\nif __name__ == '__main__': unittest.main()", entry="f")
    assert single.submit_tests(Program(source="def f(x): return 2"), suite, QUICK).result().passed == (True,)


def test_a_name_of_the_library_in_the_tests_is_not_the_submissions(single):
    source = "def Counter(x): return 7\nclass np:\n    @staticmethod\n    def sum(x): return 7\ndef f(x): return 7"
    suite = TestSuite(kind="asserts", tests=("assert f('ab') == Counter('ab')", "assert f('ab') == Fraction(7, 2)"))
    assert single.submit_tests(Program(source=source), suite, QUICK).result().passed == (False, False)


def test_a_function_under_test_may_be_named_like_one_of_the_library(single):
    suite = TestSuite(kind="asserts", tests=("assert bisect([1, 5], 3) == 1", "assert set([bisect([], 3)]) == {0}"))
    source = "def bisect(a, x): return sum(i < x for i in a)"
    assert single.submit_tests(Program(source=source), suite, QUICK).result().passed == (True, True)


def test_an_answer_kept_alive_byte_by_byte_ends_with_the_time_of_all_cases(single):
    source = """
import os, threading, time
def f(x):
    while True:
        time.sleep(0.1); os.write(3, b'.')
"""
    began = time.monotonic()
    calls = [Call(function="f", args=[n]) for n in range(4)]
    outcomes = single.submit(Program(source=source), calls, Limits(seconds=0.5)).result()
    assert {outcome.status for outcome in outcomes} <= {"time_limit", "not_run"}
    assert time.monotonic() - began < 4 * 0.5 + 5 + 3


def test_what_is_far_too_long_is_not_kept(single):
    limits = Limits(seconds=5, stdout_bytes=1000)
    outcomes = cases(single, "print('x' * 10**7)", *[""] * 5, limits=limits)
    assert [(outcome.status, len(outcome.stdout)) for outcome in outcomes] == [("output_limit", 1000)] * 5
    outcomes = cases(single, "print('x' * int(input()))", "10", "5000", "10", limits=limits)
    assert [outcome.status for outcome in outcomes] == ["ok", "output_limit", "ok"]


def test_a_flood_of_records_costs_the_grader_little(single):
    source = "import os\nfor _ in range(200): os.write(3, bytes(9 * 8000))\ndef f(x): return x"
    began = time.process_time()
    outcomes = single.submit(Program(source=source), [Call(function="f", args=[1])], QUICK).result()
    assert outcomes[0].status == "runtime_error"
    assert time.process_time() - began < 1


def test_what_stands_under_the_main_guard_is_not_run_by_calls(single):
    source = "def f(x): return x + 1\nif __name__ == '__main__':\n    raise SystemExit(f(int(input())))"
    outcome = single.run(Program(source=source), call=Call(function="f", args=[1]), limits=QUICK)
    assert outcome.value == 2


def test_a_flood_of_threads_does_not_keep_another_worker_from_its_cases():
    if os.geteuid() == 0:
        pytest.skip("root's workers have users of their own")
    sandbox = NativeSandbox(workers=2, without=["namespaces"])
    bomb = "import threading, time\nthreading.stack_size(1 << 15)\nwhile 1:\n    try: threading.Thread(target=time.sleep, args=(9,)).start()\n    except RuntimeError: time.sleep(0.01)"
    try:
        running = threading.Thread(target=cases, args=(sandbox, bomb, ""))
        running.start()
        time.sleep(0.5)
        assert cases(sandbox, "print(1)", "")[0].stdout == "1\n"
        running.join()
    finally:
        sandbox.close()


def test_broken_tests_are_still_told_apart(single):
    for setup in ("import no_such_module", "1 / 0", "x = undefined.y", "raise SystemExit"):
        suite = TestSuite(kind="asserts", setup=setup, tests=("assert f(1) == 2",))
        if setup.startswith("x ="):  # the name is asked of the submission, which does not have it
            assert single.submit_tests(Program(source="def f(x): return 2"), suite, QUICK).result().passed == (False,)
            continue
        with pytest.raises(SandboxError, match="the tests are broken"):
            single.submit_tests(Program(source="def f(x): return 2"), suite, QUICK).result()


def test_a_case_neither_reads_nor_changes_what_another_printed(single):
    source = """
import os, sys
if input() == '1':
    print('first', flush=True)
else:
    seen = os.pread(1, 1000, 0)
    os.ftruncate(1, 0); os.lseek(1, 0, 0)
    print(seen, os.fstat(1).st_size)
"""
    assert [outcome.stdout for outcome in cases(single, source, "1", "2", "1")] == ["first\n", "b'' 0\n", "first\n"]


def test_standard_output_may_be_opened_by_its_name(single):
    source = "with open('/dev/stdout', 'w') as out: out.write(input())"
    assert [outcome.stdout for outcome in cases(single, source, "ab", "c", "def")] == ["ab", "c", "def"]


def test_eight_threads_fit(single):
    source = "from concurrent.futures import ThreadPoolExecutor as T\nimport time\nwith T(16) as t: print(sum(t.map(lambda x: time.sleep(0.02) or x, range(64))))"
    assert cases(single, source, "")[0].stdout == "2016\n"


def test_each_case_has_its_own_words_for_its_failure(single):
    outcomes = cases(single, "raise ValueError(input() * 3000)", *"ab" * 3)
    assert [outcome.detail[:15] for outcome in outcomes] == ["ValueError: aaa", "ValueError: bbb"] * 3


def test_no_two_cases_draw_the_same_random_numbers(single):
    outcomes = cases(single, "import random; print(random.random())", *[""] * 4)
    assert len({outcome.stdout for outcome in outcomes}) == 4
