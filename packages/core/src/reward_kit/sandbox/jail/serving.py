"""The submission's side of split tests: it is called over a socket and answers with plain data."""

from typing import Any

from reward_kit.sandbox.jail.codec import CodecError, Opaque, decode, encode, to_python
from reward_kit.sandbox.jail.payload import Payload
from reward_kit.sandbox.jail.running import find_callable, imported, say_failure
from reward_kit.sandbox.jail.wire import MAX_MESSAGE, receive, send

__all__ = ["serve"]

MUTABLE = (list, dict, set, bytearray)


def serve(payload: Payload, peer: int) -> int:
    """Run the submission, then do for the tester what it asks, until it hangs up."""
    try:
        namespace = imported(payload)
    except Exception as error:
        send(peer, ["raise", *_name_and_text(error)])
        raise
    send(peer, ["ready"])
    kept: list[object] = []
    while (request := receive(peer)) is not None:
        try:
            reply = _answer(request, namespace, kept)
        except CodecError as error:
            reply = ["unsendable", str(error)[:400]]
        except BaseException as error:  # noqa: BLE001 - raised again in the tester
            reply = ["raise", *_name_and_text(error)]
        send(peer, reply)
    return 0


def _answer(request: list[Any], namespace: dict[str, Any], kept: list[object]) -> list[Any]:
    def revive(tag: str, items: list[Any]) -> object:
        return kept[items[0]] if tag == "r" and items[0] is not None else Opaque(str(items[0]), truth=True)

    def keep(value: object) -> int:
        kept.append(value)
        return len(kept) - 1

    rest: list[Any]
    what, target, *rest = request
    if what == "names":
        return ["names", [_kind(namespace, name) for name in target]]
    subject = namespace.get(target) if isinstance(target, str) else kept[target]
    if what == "get":
        value = getattr(subject, rest[0]) if rest else subject
        return ["value", encode(value, max_bytes=MAX_MESSAGE, keep=keep).decode(), []]
    if what == "set":
        setattr(subject, rest[0], to_python(decode(rest[1].encode(), max_bytes=MAX_MESSAGE), revive))
        return ["value", "null", []]
    if what == "call":
        method, sent = rest
        function: Any = getattr(subject, method) if method else subject
        if not callable(function) and isinstance(target, str):
            function = find_callable(namespace, target)
        args, kwargs = to_python(decode(sent.encode(), max_bytes=MAX_MESSAGE), revive)
        value = function(*args, **kwargs)
        changed = [
            [index, encode(arg, max_bytes=MAX_MESSAGE, keep=keep).decode()]
            for index, arg in enumerate(args)
            if isinstance(arg, MUTABLE)
        ]
        return ["value", encode(value, max_bytes=MAX_MESSAGE, keep=keep).decode(), changed]
    message = f"unknown request {what!r}"
    raise ValueError(message)


def _kind(namespace: dict[str, Any], name: str) -> str:
    if name in namespace:
        return "callable" if callable(namespace[name]) else "value"
    try:
        find_callable(namespace, name)
    except NameError:
        return "missing"
    return "callable"


def _name_and_text(error: BaseException) -> list[str]:
    name, _, text = say_failure(error).decode(errors="replace").partition(": ")
    return [name, text]
