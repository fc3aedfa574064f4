import subprocess
import sys

from reward_kit.data.id_index import Entry, IdIndex


def test_the_first_place_of_an_id_is_kept():
    with IdIndex() as index:
        assert index.add("a", 1, b"one") is None
        assert index.add("a", 2, b"two") == Entry(line=1, value=b"one")
        assert index.get("a") == Entry(line=1, value=b"one")
        assert index.get("b") is None


def test_ids_that_differ_in_case_or_in_half_a_surrogate_pair_are_different():
    with IdIndex() as index:
        assert [index.add(name, 1) for name in ("a", "A", "\ud800", "\ud801", "")] == [None] * 5


def test_memory_does_not_grow_with_the_number_of_ids():
    code = """
import resource
from reward_kit.data.id_index import IdIndex
with IdIndex() as index:
    for number in range(200_000):
        if number == 50_000:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        index.add(f"{number:0100d}", number)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, index.get(f"{199_999:0100d}").line)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kibibytes, line = map(int, done.stdout.split())
    assert kibibytes < 2_000
    assert line == 199_999
