"""A local Fireworks: an HTTP server that behaves like the real service, for tests and for trying things out.

    with FireworksServer(replies="replies.jsonl", faults=Faults(rate=0.3, seed=1)) as server:
        client = OpenAI(base_url=f"{server.url}/inference/v1", api_key=server.api_key)

It executes uploaded evaluators in a separate process, answers chat completions from recorded replies or from a small
real model, and misbehaves on demand. ``python -m reward_kit.testing.fireworks`` serves until it is interrupted, and
``reward_kit.testing.fireworks.fixtures`` has a pytest fixture.
"""

from reward_kit.testing.fireworks.faults import ALL_FAULTS, PERMANENT_FAULTS, TRANSIENT_FAULTS, FaultKind, Faults
from reward_kit.testing.fireworks.process import Limits
from reward_kit.testing.fireworks.request import RecordedRequest
from reward_kit.testing.fireworks.server import FireworksServer

__all__ = [
    "ALL_FAULTS",
    "PERMANENT_FAULTS",
    "TRANSIENT_FAULTS",
    "FaultKind",
    "Faults",
    "FireworksServer",
    "Limits",
    "RecordedRequest",
]
