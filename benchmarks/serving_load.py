"""Load a served ``math_reward`` over many connections, and again while its worker processes are killed at random.

    python benchmarks/serving_load.py                 64 connections, 60 seconds each
    python benchmarks/serving_load.py --seconds 10    shorter

The client runs in this process, the server in another. Exits 1 where a request fails, or a score is wrong.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

KEY = "key-of-a-benchmark-0123456789"
SERVER = [
    sys.executable,
    "-c",
    "from reward_kit.cli import main; main()",
    "serve",
    "reward_kit.rewards.math:math_reward",
]


@dataclass
class Tally:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    wrong: int = 0
    not_graded: int = 0
    broken: int = 0

    def report(self, name: str, elapsed: float) -> bool:
        """Print one line and return whether all is well."""
        times = sorted(self.seconds)
        p50, p99 = (times[int(share * (len(times) - 1))] * 1000 for share in (0.5, 0.99))
        print(
            f"{name:22} {len(times) / elapsed:8.0f} requests/s  p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  "
            f"max {times[-1] * 1000:7.1f} ms  statuses {self.statuses}  broken {self.broken}  wrong {self.wrong}  "
            f"not graded {self.not_graded}"
        )
        return set(self.statuses) == {200} and not self.broken and not self.wrong


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    environment = {**os.environ, "RK_ENDPOINT_API_KEY": KEY}
    with subprocess.Popen([*SERVER, "--port", "0"], stderr=subprocess.PIPE, text=True, env=environment) as server:
        url = (server.stderr or sys.stdin).readline().split()[2].rstrip(",")
        try:
            calm = asyncio.run(load(url, arguments.connections, arguments.seconds, None))
            fine = calm.report("undisturbed", arguments.seconds)
            killed = asyncio.run(load(url, arguments.connections, arguments.seconds, server.pid))
            fine &= killed.report("workers killed", arguments.seconds)
            fine &= calm.not_graded == 0
        finally:
            server.send_signal(signal.SIGTERM)
    sys.exit(0 if fine else 1)


async def load(url: str, connections: int, seconds: float, victim: int | None) -> Tally:
    """Ask over ``connections`` for ``seconds``; kill a worker of ``victim`` now and then."""
    tally = Tally()
    end = time.monotonic() + seconds
    killer = asyncio.create_task(_kill(victim, end)) if victim is not None else None
    dices = [random.Random(number) for number in range(connections)]  # noqa: S311 - which answers, not secrets
    await asyncio.gather(*(_ask(url, end, tally, dice) for dice in dices))
    if killer is not None:
        await killer
    return tally


async def _ask(url: str, end: float, tally: Tally, dice: random.Random) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    while time.monotonic() < end:
        truth, said = dice.randrange(1000), dice.randrange(1000)
        answer = truth if dice.random() < 0.5 else said
        message = {"role": "assistant", "content": f"So the answer is \\boxed{{{answer}}}."}
        body = json.dumps({"messages": [message], "ground_truth": str(truth)}).encode()
        head = (
            f"POST /evaluate HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        started = time.monotonic()
        try:
            writer.write(head.encode() + body)
            status, result = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            tally.broken += 1
            return
        tally.seconds.append(time.monotonic() - started)
        tally.statuses[status] = tally.statuses.get(status, 0) + 1
        if result.get("is_score_valid"):
            tally.wrong += result["score"] != float(answer == truth)
        else:
            tally.not_graded += 1
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, object]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].split("\r\n")[0])
    return int(head.split()[1]), json.loads(await reader.readexactly(length))


async def _kill(server: int, end: float) -> None:
    dice = random.Random(17)  # noqa: S311 - which worker, not a secret
    while time.monotonic() < end:
        await asyncio.sleep(dice.uniform(0.2, 1.0))
        if workers := _workers(server):
            os.kill(dice.choice(workers), signal.SIGKILL)


def _workers(server: int) -> list[int]:
    names = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in map(int, names) if _grades_for(pid, server)]


def _grades_for(pid: int, server: int) -> bool:
    """Say whether ``pid`` leads a session below ``server``: each worker does."""
    try:
        leads = os.getsid(pid) == pid and pid != server
        while pid not in {server, 0, 1}:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ProcessLookupError):
        return False
    return leads and pid == server


if __name__ == "__main__":
    main()
