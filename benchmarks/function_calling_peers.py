"""Run one peer over the cases of the function calling benchmark, inside the peer's own environment.

    python function_calling_peers.py reward-kit CASES.jsonl
    python function_calling_peers.py bfcl CASES.jsonl
    python function_calling_peers.py ours CASES.jsonl          (reward-kit as it is here, for speed on equal terms)
    python function_calling_peers.py ours-schema CASES.jsonl   (the same, with tools and alternatives)

Prints one JSON object: the verdict on each case (true, false, or the text of what it raised) and gradings per second.
A peer's process imports nothing of reward-kit's working tree.
"""

import json
import logging
import sys
import time
import types
import warnings
from pathlib import Path

ROUNDS = 5


def main() -> None:
    """Grade every case."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    peer, path = sys.argv[1:]
    cases = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    grade = {"reward-kit": _reward_kit, "bfcl": _bfcl, "ours": _reward_kit, "ours-schema": _with_schema}[peer]()
    verdicts = []
    for case in cases:
        try:
            verdicts.append(bool(grade(case)))
        except (Exception, RecursionError) as error:  # noqa: BLE001 - a crash is a verdict here
            verdicts.append(f"{type(error).__name__}: {error}"[:200])
    speed = {
        name: _speed(grade, [case for case in cases if case["tag"] == name])
        for name in ("speed_openai", "speed_hermes")
    }
    print(json.dumps({"verdicts": verdicts, "speed": speed}))


def _speed(grade, cases):  # noqa: ANN001, ANN202
    if not cases:
        return 0.0
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for case in cases:
            grade(case)
        best = min(best, time.process_time() - started)
    return len(cases) / best


def _reward_kit():  # noqa: ANN202
    from reward_kit.rewards.function_calling import exact_tool_match_reward

    def grade(case):  # noqa: ANN001, ANN202
        result = exact_tool_match_reward([*case["messages"], case["reply"]], ground_truth=case["ground_truth"])
        return result.score == 1.0

    return grade


def _with_schema():  # noqa: ANN202
    from reward_kit.rewards.function_calling import exact_tool_match_reward

    def grade(case):  # noqa: ANN001, ANN202
        result = exact_tool_match_reward(
            [*case["messages"], case["reply"]],
            case["ground_truth"],
            tools=case["tools"],
            possible_answers=case["possible_answers"],
        )
        return result.score == 1.0

    return grade


def _bfcl():  # noqa: ANN202
    # Its table of models imports every provider's client; the checker only asks whether names keep their dots.
    table = types.ModuleType("bfcl_eval.constants.model_config")
    table.MODEL_CONFIG_MAPPING = {"peer": types.SimpleNamespace(underscore_to_dot=False)}
    sys.modules["bfcl_eval.constants.model_config"] = table
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker

    def grade(case):  # noqa: ANN001, ANN202
        calls = [call["function"] for call in case["reply"].get("tool_calls") or []]
        made = [{call["name"]: json.loads(call["arguments"])} for call in calls]
        if not case["possible_answers"]:
            return not made
        category = "parallel" if len(case["possible_answers"]) > 1 else "multiple"
        if category == "multiple" and len(made) != 1:
            return False
        functions = case["functions"]
        verdict = ast_checker(functions, made, case["possible_answers"], Language.PYTHON, category, "peer")
        return verdict["valid"]

    return grade


if __name__ == "__main__":
    main()
