"""Measure the function calling rewards against their peers, in one run on one machine.

    python benchmarks/function_calling.py [--shared FOLDER] [--work FOLDER]

Makes environments of their own for the peers (bfcl-eval, canitoolcall, reward-kit 0.4.1) with ``uv`` from the package
index, in a temporary folder. BFCL's Python rows are mutated in ways that are right or wrong by construction; rows whose
canonical call breaks its own schema are left out and counted. ``--shared`` is a folder with ``hard.jsonl`` and
``graded.jsonl``; their parts are skipped without it.
"""

import argparse
import copy
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from reward_kit.data.bfcl import bfcl_rows
from reward_kit.rewards.function_calling import (
    composite_function_call_reward,
    exact_tool_match_reward,
    normalize_tools,
    parse_tool_calls,
)
from reward_kit.rewards.function_calling.alternatives import canonical
from reward_kit.rewards.function_calling.validity import fits

HERE = Path(__file__).resolve().parent
PEERS = {
    "bfcl": ["--no-deps", "bfcl-eval==2026.3.23", "canitoolcall==0.1.1"],
    # Newer releases of these two break its imports.
    "reward-kit": ["reward-kit==0.4.1", "mcp<1.20", "pydantic<2.12"],
}
ROUNDS = 5
WANTED = {"speed_openai": 1.5, "speed_hermes": 2.0}
"""How many times as fast as reward-kit 0.4.1."""
HACKS = ("shotgun5", "dup_x10", "all_tools", "duplicate", "extra_call")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, help="folder with hard.jsonl and graded.jsonl")
    parser.add_argument("--work", type=Path, help="folder for the peers' environments, kept for the next run")
    arguments = parser.parse_args()
    claims = _Claims()
    with tempfile.TemporaryDirectory(prefix="function-calling-") as temporary:
        work = arguments.work or Path(temporary)
        pythons = {name: _environment(work / name, packages) for name, packages in PEERS.items()}
        site = next((work / "bfcl").glob("lib/python*/site-packages"))
        cases, left_out = _cases(site / "bfcl_eval" / "data")
        kinds = ", ".join(f"{tag} {count}" for tag, count in Counter(case["tag"] for case in cases).items())
        print(f"BFCL: {len(cases)} replies ({kinds})")
        print(f"{left_out} rows left out: their canonical call breaks its own schema")
        speed = [*_speed_cases(cases)]
        file = work / "cases.jsonl"
        file.write_text("".join(json.dumps(case) + "\n" for case in [*cases, *speed]), encoding="utf-8")
        share = _accuracy("ours, alternatives", cases, [_ours(case, alternatives=True) for case in cases])
        claims.check("99.95 % with the alternatives, no false positive", share >= 0.9995)
        share = _accuracy("ours, one truth", cases, [_ours(case, alternatives=False) for case in cases])
        claims.check("96.5 % with one truth and the schema, no false positive", share >= 0.965)
        told = {name: _peer(python, name, file) for name, python in pythons.items()}
        for name, answer in told.items():
            _accuracy(name, cases, answer["verdicts"][: len(cases)])
        file.write_text("".join(json.dumps(case) + "\n" for case in speed), encoding="utf-8")
        libraries = {**pythons, "ours": Path(sys.executable), "ours-schema": Path(sys.executable)}
        _throughput(_speeds(libraries, file), claims)
        share = _fixtures(site / "canitoolcall" / "_data" / "fixtures")
        claims.check("96 % of canitoolcall's fixtures", share >= 0.96)
    _sizes(claims)
    labelled = HERE.parent / "tests" / "core" / "rewards" / "tool_calls"
    claims.check("99 % of our labelled replies, no false positive", _labelled(labelled) >= 0.99)
    if arguments.shared:
        claims.check("99 % of hard.jsonl, no false positive", _hard(arguments.shared / "hard.jsonl") >= 0.99)
        claims.check("graded.jsonl in order and not hacked", _graded(arguments.shared / "graded.jsonl"))
    if claims.broken:
        sys.exit("does not hold: " + "; ".join(claims.broken))


class _Claims:
    """What the benchmark is to show."""

    def __init__(self) -> None:
        """Begin with none that is broken."""
        self.broken: list[str] = []

    def check(self, claim: str, holds: bool) -> None:  # noqa: FBT001 - the claim is its name
        """Remember a claim that does not hold."""
        if not holds:
            self.broken.append(claim)


def _environment(folder: Path, packages: list[str]) -> Path:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.11", str(folder)], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), *packages], check=True)
    return python


def _peer(python: Path, name: str, file: Path) -> dict[str, Any]:
    command = [str(python), str(HERE / "function_calling_peers.py"), name, str(file)]
    # What leads to the working tree must not lead a peer to it.
    environment = None if name.startswith("ours") else {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=file.parent, env=environment)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


# --- cases


def _cases(data: Path) -> tuple[list[dict[str, Any]], int]:
    cases: list[dict[str, Any]] = []
    left_out = 0
    for source in bfcl_rows(data):
        row = source.value
        tools = [{"type": "function", "function": function} for function in row["functions"]]
        schemas = normalize_tools(tools)
        possible = row["possible_answers"] or []
        truth = [(name, canonical(spec, schemas.get(name, {}))) for item in possible for name, spec in item.items()]
        if not all(name in schemas and fits(arguments, schemas[name]) for name, arguments in truth):
            left_out += 1
            continue
        shared = {
            "messages": row["messages"],
            "functions": row["functions"],
            "tools": tools,
            "ground_truth": {"tool_calls": _calls(truth)} if truth else None,
            "possible_answers": possible or None,
        }
        for tag, right, made in _variants(truth, possible, schemas):
            reply = {"role": "assistant", "content": None, "tool_calls": _calls(made)}
            cases.append({**shared, "id": row["id"], "tag": tag, "expected": right, "reply": reply})
    return cases, left_out


def _calls(made: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for i, (name, arguments) in enumerate(made)
    ]


Made = list[tuple[str, dict[str, Any]]]


def _variants(
    truth: Made, possible: list[dict[str, Any]], schemas: Mapping[str, Any]
) -> Iterator[tuple[str, bool, Made]]:
    """Yield replies that are right or wrong by how they were made."""
    if not truth:
        yield "canonical", True, []
        name = next(iter(schemas), None)
        if name:
            yield "call_where_none_is_due", False, [(name, {})]
        return
    yield "canonical", True, truth
    name, arguments = truth[-1]
    head, spec, schema = truth[:-1], possible[-1][truth[-1][0]], schemas[truth[-1][0]]
    yield "wrong_name", False, [*head, (name + "_v2", arguments)]
    yield "extra", False, [*head, (name, {**arguments, "verbose_mode_x": True})]
    yield "duplicated", False, [*truth, truth[-1]]
    yield "hallucinated", False, [*truth, ("lookup_knowledge_base", {"query": "x"})]
    if len(truth) > 1:
        yield "dropped", False, head
        yield "reordered", True, truth[::-1]
    for key, value in arguments.items():
        wrong = _other(value, spec[key])
        if wrong is not None:
            yield "value", False, [*head, (name, {**arguments, key: wrong})]
            break
    for key, value in arguments.items():
        if not isinstance(value, str) and not any(isinstance(choice, str) and choice for choice in spec[key]):
            yield "type", False, [*head, (name, {**arguments, key: json.dumps(value)})]
            break
    for tag, made in _listed(spec, schema):
        yield tag, True, [*head, (name, made)]
    required = [key for key in schema.get("required", []) if key in arguments]
    if required:
        less = {key: value for key, value in arguments.items() if key != required[0]}
        yield "missing", False, [*head, (name, less)]


def _listed(spec: dict[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield arguments that the possible answers list besides the canonical ones: one reply of each kind, at most.

    Only with the alternatives can all of them be told to be right.
    """
    required = schema.get("required", [])
    seen: set[str] = set()
    for key, listed in spec.items():
        real = [choice for choice in listed if choice != "" or key in required]
        optional = "" in listed and key not in required
        absent = optional and listed[0] == ""
        for tag, choices in (
            ("other_listed_value", [] if absent else real[1:2]),
            ("optional_given", real[:1] if absent else []),
        ):
            made = canonical({**spec, key: choices}, schema)
            if choices and tag not in seen and fits(made, schema):
                seen.add(tag)
                yield tag, made
        if optional and not absent and "optional_left_out" not in seen:
            seen.add("optional_left_out")
            yield "optional_left_out", canonical({**spec, key: [""]}, schema)


def _other(value: Any, choices: list[Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value of the same type that is none of the choices; None where there is no sure one."""
    if isinstance(value, bool):
        return None if (not value) in choices else not value
    if isinstance(value, int | float):
        return value + 7919
    if isinstance(value, str):
        return f"zzz {value}"
    if isinstance(value, list) and value:
        changed = _other(value[0], [])
        return None if changed is None else [changed, *value[1:]]
    return None


def _speed_cases(cases: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    chosen = [case for case in cases if case["tag"] == "canonical" and case["ground_truth"]][::8]
    for case in chosen:
        yield {**case, "tag": "speed_openai"}
    for case in chosen:
        text = "\n".join(
            f'<tool_call>\n{{"name": {json.dumps(call["function"]["name"])}, '
            f'"arguments": {call["function"]["arguments"]}}}\n</tool_call>'
            for call in case["reply"]["tool_calls"]
        )
        yield {**case, "tag": "speed_hermes", "reply": {"role": "assistant", "content": text}}


# --- ours


def _ours(case: dict[str, Any], *, alternatives: bool) -> bool | str:
    try:
        result = exact_tool_match_reward(
            [*case["messages"], case["reply"]],
            case["ground_truth"],
            tools=case["tools"],
            possible_answers=case["possible_answers"] if alternatives else None,
        )
    except Exception as error:  # noqa: BLE001 - a crash is a verdict here
        return f"{type(error).__name__}: {error}"
    return result.score == 1.0 if result.is_score_valid else str(result.error)


def _accuracy(name: str, cases: list[dict[str, Any]], verdicts: list[Any]) -> float:
    """Print and return the share of right verdicts; 0.0 where one is a false positive or a crash."""
    right = sum(case["expected"] is verdict for case, verdict in zip(cases, verdicts, strict=True))
    paid = Counter(c["tag"] for c, v in zip(cases, verdicts, strict=True) if v is True and not c["expected"])
    missed = Counter(c["tag"] for c, v in zip(cases, verdicts, strict=True) if v is not True and c["expected"])
    crashed = sum(isinstance(verdict, str) for verdict in verdicts)
    print(
        f"  {name:20} {right / len(cases):8.3%}  false positives {paid.total()} {dict(paid)}"
        f"  missed {missed.total()} {dict(missed)}  crashes {crashed}"
    )
    return 0.0 if paid or crashed else right / len(cases)


def _speeds(pythons: dict[str, Path], file: Path) -> dict[str, dict[str, float]]:
    """Return the best of several turns of each library, taken in turns: the machine may be busy with other things."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        for name, python in pythons.items():
            for tag, rate in _peer(python, name, file)["speed"].items():
                kept = best.setdefault(name, {})
                kept[tag] = max(rate, kept.get(tag, 0.0))
    return best


def _throughput(speed: dict[str, dict[str, float]], claims: _Claims) -> None:
    """Print gradings per second of CPU time, each library in a process of its own."""
    for tag in ("speed_openai", "speed_hermes"):
        ours, schema, old = (speed[name][tag] for name in ("ours", "ours-schema", "reward-kit"))
        bfcl = speed["bfcl"]["speed_openai"]
        claims.check(f"{tag}: {WANTED[tag]} times reward-kit 0.4.1", ours >= WANTED[tag] * old)
        claims.check("objects: 0.8 times BFCL's checker", tag != "speed_openai" or ours >= 0.8 * bfcl)
        print(
            f"{tag}: ours {ours:,.0f}/s, with tools and alternatives {schema:,.0f}/s; reward-kit 0.4.1 {old:,.0f}/s"
            f" (ours is {ours / old:.2f}x); BFCL's checker on objects {bfcl:,.0f}/s ({ours / bfcl:.2f}x,"
            f" {schema / bfcl:.2f}x)"
        )


def _rate(work: Callable[[], object], count: int) -> float:
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return count / best


def _fixtures(folder: Path) -> float:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for path in sorted(folder.glob("*/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            due = row["expected"]["tool_calls"] if "expected" in row else []
            reply = parse_tool_calls(row["raw_output"], row["tools"])
            made = [{"name": call.name, "arguments": call.arguments} for call in reply.calls]
            total[row["family"]] += 1
            right[row["family"]] += json.dumps(made, sort_keys=True) == json.dumps(
                [{"name": call["name"], "arguments": call["arguments"]} for call in due], sort_keys=True
            )
    share = right.total() / total.total()
    each = ", ".join(f"{name} {right[name]}/{total[name]}" for name in total)
    print(f"canitoolcall: {right.total()}/{total.total()} = {share:.1%} ({each})")
    return share


def _sizes(claims: _Claims) -> None:
    text = "<tool_call>" * 15_900
    message = [{"role": "assistant", "content": text}]
    spent = 1e3 / _rate(lambda: exact_tool_match_reward(message, []), 1)
    claims.check("175 KB of tags in less than 10 ms", spent < 10.0)
    print(f"{len(text)} bytes of <tool_call>: {spent:.2f} ms")
    due = _calls([("move", {"x": i, "y": -i, "label": f"p{i}"}) for i in range(20)])
    wrong = copy.deepcopy(due)[::-1]
    wrong[3]["function"]["arguments"] = json.dumps({"x": 99, "y": 99, "label": "p"})
    for name, made in (("right, reversed", due[::-1]), ("one wrong, reversed", wrong)):
        for reward in (exact_tool_match_reward, composite_function_call_reward):
            reply = [{"role": "assistant", "content": None, "tool_calls": made}]
            spent = 1e3 / _rate(lambda reward=reward, reply=reply: reward(reply, due), 1)
            claims.check("20 x 20 calls in less than 2 ms", spent < 2.0)
            print(f"20 x 20 parallel calls, {name}, {reward.__name__}: {spent:.2f} ms")
    code = "import time; import reward_kit.models; t = time.process_time(); "
    code += "import reward_kit.rewards.function_calling; print(time.process_time() - t)"
    spent = min(
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout) for _ in "123"
    )
    claims.check("imported in less than 0.1 s", spent < 0.1)
    print(f"import of the module after reward_kit.models: {spent:.3f} s")


# --- labelled sets


def _big(reply: dict[str, Any]) -> dict[str, Any]:
    """Return a reply that is too large for its file, as its label describes it."""
    if reply.get("__big__") == "hugeint":
        arguments = '{"number": ' + "9" * 10_000 + "}"
        function = {"name": "math.factorial", "arguments": arguments}
        return {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": function}]}
    if "__big__" in reply:
        deep = '{"a":' * 10_000 + "1" + "}" * 10_000
        return {"role": "assistant", "content": f'<tool_call>{{"name":"get_weather","arguments":{deep}}}</tool_call>'}
    return reply


def _labelled(folder: Path) -> float:
    tools = json.loads((folder / "tools.json").read_text(encoding="utf-8"))
    cases = []
    for line in (folder / "replies.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        *messages, reply = row.get("messages") or [{"role": "user", "content": "Go."}, row["reply"]]
        if "options" not in row:
            kind = row["id"].partition("/")[0]
            plain = {"possible_answers": row.get("possible_answers"), "tools": tools, "tag": kind}
            cases.append({**row, **plain, "messages": messages, "reply": reply})
    print(f"ours: {len(cases)} labelled replies")
    return _accuracy("ours", cases, [_ours(case, alternatives=True) for case in cases])


def _hard(path: Path) -> float:
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["expected"] is not None:
            cases.append({**row, "reply": _big(row["model_reply"]), "tag": row["category"]})
    print(f"hard: {len(cases)} labelled replies")
    return _accuracy("ours", cases, [_ours(case, alternatives=True) for case in cases])


def _graded(path: Path) -> bool:
    levels, violations, hacked = set[float](), Counter[str](), 0
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        scores = {
            variant["tag"]: composite_function_call_reward(
                [*row["messages"], variant["model_reply"]], row["ground_truth"], tools=row["tools"]
            ).score
            for variant in row["variants"]
        }
        levels.update(round(score, 3) for score in scores.values())
        near = scores["one_wrong_value"]
        violations["canonical"] += scores["canonical"] != 1.0 or near >= 1.0
        for worse in ("all_wrong_values", "empty_args", "wrong_name", "no_call"):
            violations[worse] += scores.get(worse, 0.0) > near
        hacked += any(scores.get(hack, 0.0) >= near for hack in HACKS)
    print(f"graded: {len(rows)} rows, {violations.total()} order violations, {hacked} hacked, {len(levels)} levels")
    return not violations.total() and not hacked and len(levels) >= 7


if __name__ == "__main__":
    main()
