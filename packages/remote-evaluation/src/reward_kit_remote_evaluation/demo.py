"""The whole way of a remote evaluator on one machine: key, service, secrets, evaluator, previews; then all is stopped.

The validator is really served, the evaluator really deployed to a local Fireworks and run there in a process of its
own; only the platform is a stand-in. Everything that is started belongs to one stack, which is unwound however the
demonstration ends.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from reward_kit.clients.credentials import ApiKey
from reward_kit.clients.fireworks import FireworksClient, connect
from reward_kit.clients.fireworks_secrets import put_secret
from reward_kit.data import read_samples
from reward_kit.deployment import deploy_evaluator
from reward_kit.errors import ContractError, UsageError
from reward_kit.evaluation import preview_evaluation
from reward_kit.evaluation.bundle import Bundle, bundle_evaluator, bundle_example, load_reward
from reward_kit.evaluation.preview import PreviewedSample
from reward_kit.models import Message
from reward_kit.serving import ServeSettings, serving
from reward_kit.serving.tunnels import Tunnel
from reward_kit.testing.fireworks import FireworksServer
from reward_kit_remote_evaluation.spec import SERVICE, example

__all__ = ["DemoSettings", "demo"]

HARD_CODED = "reward_kit_remote_evaluation.hard_coded:evaluate"
EVALUATOR = "remote-evaluation"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """What a demonstration may be given."""

    rows: int = 5
    port: int = 0
    """Of the service; 0 takes a free one."""
    tunnel: Tunnel | None = None
    public_url: str | None = None
    """Where the service is reached from elsewhere, if that is known."""


def demo(settings: DemoSettings, say: Callable[[str, str], None]) -> None:
    """Show every step; ``say`` gets the name of each and what came of it, once it is done.

    Raises:
        ContractError: something did not turn out as it must.
        RewardKitError: a step failed; what ran is stopped.
    """
    with ExitStack() as stack:
        key = _new_key()
        say("key", f"{KEY_BYTES * 8} random bits; shown nowhere")
        served = ServeSettings(port=settings.port, key=key, workers=1)
        local = stack.enter_context(serving(load_reward(SERVICE.target), served))
        say("service", f"the validator is at {local}, for those with the key")
        url = local
        if settings.tunnel is not None:
            url = stack.enter_context(settings.tunnel.open(urlsplit(local).port or 0))
            say("tunnel", f"from elsewhere it is at {url}")
        client = _fireworks(stack)
        say("platform", f"a local Fireworks is {client!r}")
        put_secret(client, SERVICE.url_env, settings.public_url or url)
        put_secret(client, SERVICE.key_env, key.value)
        say("secrets", f"{SERVICE.url_env} and {SERVICE.key_env} are with the platform, which gives no value back")
        say("hard-coded", f"refused: {_refusal()}")
        bundle = bundle_example(example, secrets=[key.value])
        deployed = deploy_evaluator(client, bundle, EVALUATOR, poll=0.1)
        say("deploy", f"{deployed.name} is ready: {len(bundle.files)} files, no key in any")
        say("right key", _graded(_previewed(client, bundle, settings.rows)))
        put_secret(client, SERVICE.key_env, _new_key().value)
        say("wrong key", _refused(_previewed(client, bundle, settings.rows)))
    say("end", "all stopped")


def _new_key() -> ApiKey:
    return ApiKey(value=secrets.token_urlsafe(KEY_BYTES), name=SERVICE.key_env)


def _fireworks(stack: ExitStack) -> FireworksClient:
    server = stack.enter_context(FireworksServer(api_key=f"fw_{secrets.token_hex(KEY_BYTES)}"))
    return stack.enter_context(connect(base_url=server.url, api_key=server.api_key, account_id=server.account_id))


def _refusal() -> str:
    """Return why the evaluator with the key in its source is refused."""
    try:
        bundle_evaluator(HARD_CODED)
    except UsageError as error:
        return str(error)
    message = f"{HARD_CODED} was packaged, expected a refusal of the key in it"
    raise ContractError(message)


def _previewed(client: FireworksClient, bundle: Bundle, rows: int) -> list[PreviewedSample]:
    samples = _references_and_empty_replies(rows)
    return preview_evaluation(bundle=bundle, samples=samples, max_samples=2 * rows, client=client).results


def _references_and_empty_replies(rows: int) -> Iterator[dict[str, object]]:
    """Yield a right and a wrong reply to each of the first rows, one after the other."""
    data = Path(str(files(example.package) / "data" / "dataset.jsonl"))
    for sample in islice(read_samples(data), rows):
        for reply in (sample.reference_message, Message(role="assistant", content="")):
            messages = [message.to_wire() for message in (*sample.messages, reply) if message is not None]
            yield {"messages": messages, "ground_truth": sample.ground_truth}


def _graded(results: list[PreviewedSample]) -> str:
    rows = len(results) // 2
    if [result.score for result in results] != [1.0, 0.0] * rows:
        problem = next((result.error for result in results if result.error), "other scores")
        message = f"the previews did not score right replies 1.0 and empty ones 0.0: {problem}"
        raise ContractError(message)
    return f"{rows} right replies earn 1.0, {rows} empty ones 0.0"


def _refused(results: list[PreviewedSample]) -> str:
    if any(result.score is not None or "403" not in (result.error or "") for result in results):
        message = "a wrong key led to a score or to another error than 403, expected that nothing is graded"
        raise ContractError(message)
    return f"none of {len(results)} is graded (the service answers 403), and none is taken for wrong"
