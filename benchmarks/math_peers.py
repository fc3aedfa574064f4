"""Run one grader of mathematics over the cases of the benchmark, inside its own environment.

    python math_peers.py math-verify CASES.jsonl
    python math_peers.py trl CASES.jsonl
    python math_peers.py reward-kit CASES.jsonl
    python math_peers.py ours CASES.jsonl

Prints one JSON object: for each case the verdict (true, false, null where it is not graded, or the text of what it
raised), its wall seconds and its CPU seconds, and for each group of cases the CPU seconds of all of them, those of
processes that have ended included. A peer's process imports nothing of reward-kit's working tree.
"""

import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path

WARM_UP = 20


def main() -> None:
    """Grade every case, group by group."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    peer, path = sys.argv[1:]
    cases = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    grade = {"math-verify": _math_verify, "trl": _trl, "reward-kit": _reward_kit, "ours": _ours}[peer]()
    groups = {}
    for index, case in enumerate(cases):
        groups.setdefault(case["group"], []).append(index)
    verdicts, seconds, own, cpu = [None] * len(cases), [0.0] * len(cases), [0.0] * len(cases), {}
    for group, members in groups.items():
        for index in members[:WARM_UP] if group != "adversarial" else ():
            _graded(grade, cases[index])
        began = _cpu()
        for index in members:
            start, used = time.perf_counter(), time.process_time()
            verdicts[index] = _graded(grade, cases[index])
            own[index] = time.process_time() - used
            seconds[index] = time.perf_counter() - start
        cpu[group] = _cpu() - began
    print(json.dumps({"verdicts": verdicts, "seconds": seconds, "own": own, "cpu": cpu}))


def _graded(grade, case):  # noqa: ANN001, ANN202
    try:
        verdict = grade(case["reply"], case["gold"])
    except BaseException as error:  # noqa: BLE001 - math-verify's timeout is no Exception, and a crash is a verdict here
        return f"{type(error).__name__}: {error}"[:200]
    return verdict if verdict is None else bool(verdict)


def _cpu() -> float:
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _ours():  # noqa: ANN202
    from reward_kit.rewards.math import verify

    verify("\\boxed{\\int_0^1 x dx}", "57")  # loads the computer algebra system, as the peers' imports do
    return lambda reply, gold: verify(reply, gold).score


def _boxed(gold):  # noqa: ANN001, ANN202
    """Wrap a ground truth as the peers that parse it expect it."""
    return gold if "\\boxed" in gold else f"\\boxed{{{gold}}}"


def _math_verify():  # noqa: ANN202
    from math_verify import parse, verify

    return lambda reply, gold: verify(parse(_boxed(gold)), parse(reply))


def _trl():  # noqa: ANN202
    from trl.rewards import accuracy_reward

    return lambda reply, gold: accuracy_reward([[{"role": "assistant", "content": reply}]], [_boxed(gold)])[0]


def _reward_kit():  # noqa: ANN202
    from reward_kit.rewards.math import math_reward

    def grade(reply, gold):  # noqa: ANN001, ANN202
        messages = [{"role": "user", "content": "Solve it."}, {"role": "assistant", "content": reply}]
        return math_reward(messages, ground_truth=gold).score == 1.0

    return grade


if __name__ == "__main__":
    main()
