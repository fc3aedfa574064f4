"""Grade GSM8K with ``math_reward``, right answers and perturbed ones in five forms, and count the false verdicts.

    python benchmarks/gsm8k_verdicts.py --data ../shared/data

Each of the 7,473 official solutions must score 1.0, and so must the official answer in the other forms; each
perturbed answer must score 0.0. Of the recorded replies of a language model exactly those that are marked correct
must score 1.0. Exits 1 on any false verdict and 3 where the data is not there.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reward_kit.models import Message
from reward_kit.rewards.math import math_reward

FORMS = {
    "####": "{working}\n#### {answer}",
    "box": "{working}\nSo the result is $\\boxed{{{answer}}}$.",
    "answer tag": "{working}\n<answer>{answer}</answer>",
    "phrase": "{working}\nThe answer is {answer}.",
    "last number": "{working}\nThat makes {answer} in total.",
}


def perturbed(answer: str) -> Iterator[tuple[str, str | None]]:
    """Give each perturbation's name and what it makes of an answer; None where that leaves the number as it is."""
    value = int(answer.replace(",", ""))
    digits = str(abs(value))
    sign = "-" if value < 0 else ""
    places = [at for at in range(len(digits) - 1) if digits[at] != digits[at + 1]]
    yield "plus one", written(value + 1, answer)
    yield "times ten", written(value * 10, answer) if value else None
    yield "sign flipped", written(-value, answer) if value else None
    if places:
        at = places[len(places) // 2]
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        yield "digits swapped", written(int(sign + swapped), answer)
    else:
        yield "digits swapped", None
    yield "cut at the comma", answer.partition(",")[0] if "," in answer else None


def written(value: int, like: str) -> str:
    """Write a number with separators where the answer has them."""
    return f"{value:,}" if "," in like else str(value)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Give the rows of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def score(question: str, reply: str, answer: str) -> float | None:
    """Grade one reply; None where it is not graded."""
    messages = [Message(role="user", content=question), Message(role="assistant", content=reply)]
    result = math_reward(messages, ground_truth=answer)
    return result.score if result.is_score_valid else None


def grade_solutions(path: Path, every: int, counts: Counter[str]) -> Iterator[str]:
    """Grade the official solutions and their perturbations; give a line for each false verdict."""
    for index, row in enumerate(rows(path)):
        if index % every:
            continue
        counts["solutions"] += 1
        working, _, answer = row["answer"].rpartition("\n#### ")
        for form, template in FORMS.items():
            replies = [("official", answer), *perturbed(answer)]
            for name, given in replies:
                if given is None:
                    counts[f"not applicable: {name}"] += form == "####"
                    continue
                reply = template.format(working=working, answer=given)
                expected = float(name == "official")
                counts["verdicts"] += 1
                found = score(row["question"], reply, answer)
                if found != expected:
                    counts["false positives" if found else "false negatives"] += 1
                    yield f"row {index}: {name} {given!r} as {form}: {found}, expected {expected} for {answer!r}"


def grade_recorded(path: Path, counts: Counter[str]) -> Iterator[str]:
    """Grade the recorded replies; give a line for each false verdict."""
    for row in rows(path):
        counts["recorded"] += 1
        found = score(row["prompt"], row["response"], row["answer"])
        counts["recorded right"] += found == 1.0
        if found != float(row["correct"]):
            counts["false positives" if found else "false negatives"] += 1
            yield f"{row['id']}: {found}, expected {float(row['correct'])} for {row['answer']!r}"


def main() -> int:
    """Run the benchmark; return its exit code."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("REWARD_KIT_SHARED_DATA") or beside))
    parser.add_argument("--every", type=int, default=1, help="grade every Nth solution only")
    options = parser.parse_args()
    solutions, recorded = options.data / "gsm8k" / "train.jsonl", options.data / "recorded" / "gsm8k_qwen3.jsonl"
    for path in (solutions, recorded):
        if not path.is_file():
            print(f"no file {str(path)!r}; pass the folder that has it as --data", file=sys.stderr)
            return 3
    counts: Counter[str] = Counter()
    began, cpu = time.perf_counter(), time.process_time()
    wrong = [*grade_solutions(solutions, options.every, counts), *grade_recorded(recorded, counts)]
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    graded = counts["verdicts"] + counts["recorded"]
    for line in wrong[:20]:
        print(line)
    print(f"solutions        {counts['solutions']:>9,}")
    print(f"verdicts         {counts['verdicts']:>9,}")
    for name in sorted(name for name in counts if name.startswith("not applicable")):
        print(f"{name:<30} {counts[name]:>6,}")
    print(f"recorded replies {counts['recorded']:>9,}, of them right {counts['recorded right']}")
    print(f"false positives  {counts['false positives']:>9,}")
    print(f"false negatives  {counts['false negatives']:>9,}")
    print(f"seconds          {wall:>9.1f}  ({graded / wall:,.0f} a second; {graded / cpu:,.0f} a CPU second)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
