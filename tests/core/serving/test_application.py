"""The application itself: what a fault of the server looks like, and what becomes of a client that went away."""

import asyncio
import json

import pytest
from fastapi.testclient import TestClient

from reward_kit.rewards.math import math_reward
from reward_kit.serving import Graders, ServeSettings, create_app

ASKED = {"messages": [{"role": "assistant", "content": "#### 3"}], "ground_truth": "3"}
SETTINGS = ServeSettings(workers=1, timeout=20)


class Failing(Graders):
    """Graders with a fault."""

    def submit(self, conversations):
        message = f"SECRET of {len(conversations)}"
        raise RuntimeError(message)


def test_a_fault_of_the_server_is_a_500_that_tells_nothing():
    app = create_app(math_reward, SETTINGS, graders=Failing(math_reward, SETTINGS))
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/evaluate", json=ASKED)
    assert (answer.status_code, answer.json()) == (500, {"detail": "The server failed; its log says more."})


@pytest.mark.parametrize("path", ["/evaluate", "/evaluate/batch"])
def test_what_a_client_that_went_away_asked_for_is_not_graded(path):
    graders = Graders(math_reward, SETTINGS)
    app = create_app(math_reward, SETTINGS, graders=graders)
    body = json.dumps({"items": [ASKED]} if path.endswith("batch") else ASKED).encode()
    events = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]
    sent = []

    async def receive():
        return events.pop(0)

    async def send(event):
        sent.append(event)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": b"", "query_string": b"", "headers": headers}
    asyncio.run(asyncio.wait_for(app({**scope, "http_version": "1.1", "scheme": "http"}, receive, send), 5))
    assert graders.open == 1
    graders.start()
    graders.close()
    assert graders.open == 0
    assert sent[0]["status"] == 499
