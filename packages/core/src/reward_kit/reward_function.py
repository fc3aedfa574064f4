"""``@reward_function``: make a plain function a reward, with its input coerced and its output validated.

Decorating has no effects and imports nothing. What the function raises goes to the caller: whoever grades many
replies (``reward_kit.evaluation``, the trainer adapters) turns it into a row that is not graded.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, cast, overload

if TYPE_CHECKING:
    from reward_kit.models import EvaluateResult, Message

__all__ = ["reward_function", "works_elsewhere"]

P = ParamSpec("P")
Mode = Literal["pointwise", "batch"]
Returned = Any
"""What a user's function may return: an EvaluateResult, or a dict in its shape (a list of them in batch mode)."""


@overload
def reward_function(_func: Callable[P, Awaitable[Returned]], /) -> Callable[P, Awaitable["EvaluateResult"]]: ...
@overload
def reward_function(_func: Callable[P, Returned], /) -> Callable[P, "EvaluateResult"]: ...
@overload
def reward_function(
    *,
    mode: Mode = "pointwise",
    id: str | None = None,
    requirements: list[str] | None = None,
    elsewhere: bool = False,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]: ...
def reward_function(
    _func: Callable[..., Any] | None = None,
    /,
    *,
    mode: Mode = "pointwise",
    id: str | None = None,  # noqa: A002 - the name that users of 0.4.1 write
    requirements: list[str] | None = None,
    elsewhere: bool = False,
) -> Callable[..., Any]:
    """Make a function a reward: ``messages`` may be dicts or Message, the result is an EvaluateResult.

    The function takes ``messages`` first and returns an EvaluateResult or a dict in its shape; an ``async``
    function gives an ``async`` reward. With ``mode="batch"`` it takes a list of conversations and returns a list
    of as many results. ``id`` and ``requirements`` (pip requirement strings) travel with a deployed evaluator.
    ``elsewhere`` says that other processes, such as a sandbox, do the work and bound its time. Who grades a batch then
    keeps many gradings under way, and gives them no time limit of its own: it would count the time spent waiting.

    Raises, when the reward is called:
        ValueError: the messages or the returned value do not have the expected shape.

    >>> @reward_function
    ... def short(messages, **kwargs):
    ...     return {"score": float(len(messages[-1].text) < 10), "reason": "length"}
    >>> short([{"role": "assistant", "content": "42"}]).score
    1.0
    """
    if mode not in {"pointwise", "batch"}:
        message = f"found mode={mode!r}, expected 'pointwise' or 'batch'"
        raise ValueError(message)

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        wrapper = _async_wrapper(func, mode) if inspect.iscoroutinefunction(func) else _sync_wrapper(func, mode)
        attributes = cast("Any", wrapper)
        attributes._reward_function_id = id  # noqa: SLF001 - the names that 0.4.1 set and its users read
        attributes._reward_function_requirements = requirements  # noqa: SLF001
        attributes._reward_function_mode = mode  # noqa: SLF001
        attributes._reward_function_elsewhere = elsewhere  # noqa: SLF001
        return wrapper

    return decorate if _func is None else decorate(_func)


def works_elsewhere(reward: Callable[..., Any]) -> bool:
    """Return whether ``reward``, or what it is a partial of, was declared to do its work ``elsewhere``."""
    while isinstance(reward, functools.partial):
        reward = reward.func
    return bool(getattr(reward, "_reward_function_elsewhere", False))


def _sync_wrapper(func: Callable[..., Any], mode: Mode) -> Callable[..., Any]:
    name = _first_parameter(func)

    @functools.wraps(func)
    def wrapper(*args: object, **kwargs: object) -> object:
        args, kwargs, count = _coerced(name, mode, args, kwargs)
        return _result(func, mode, func(*args, **kwargs), count)

    return wrapper


def _async_wrapper(func: Callable[..., Any], mode: Mode) -> Callable[..., Any]:
    name = _first_parameter(func)

    @functools.wraps(func)
    async def wrapper(*args: object, **kwargs: object) -> object:
        args, kwargs, count = _coerced(name, mode, args, kwargs)
        return _result(func, mode, await func(*args, **kwargs), count)

    return wrapper


def _first_parameter(func: Callable[..., Any]) -> str:
    names = list(inspect.signature(func).parameters)
    if not names:
        message = f"{func.__qualname__}() takes no parameters; a reward takes the messages first"
        raise ValueError(message)
    return names[0]


def _coerced(
    name: str, mode: Mode, args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[tuple[object, ...], dict[str, object], int]:
    """Return the arguments with the messages as Message objects, and how many conversations there are."""
    if args:
        messages = _messages(args[0], mode)
        return (messages, *args[1:]), kwargs, len(messages)
    if name in kwargs:
        messages = _messages(kwargs[name], mode)
        return args, {**kwargs, name: messages}, len(messages)
    return args, kwargs, 0  # Python's own TypeError names the missing argument.


def _messages(value: object, mode: Mode) -> list[Any]:
    if not isinstance(value, list | tuple):
        message = (
            f"Input 'messages' failed Pydantic validation: found {type(value).__name__}, expected a list of messages"
        )
        raise ValueError(message)  # noqa: TRY004 - 0.4.1's users catch ValueError
    if mode == "batch":
        return [_messages(conversation, "pointwise") for conversation in value]
    return [_message(item) for item in value]


def _message(item: object) -> "Message":
    from reward_kit.models import Message

    if isinstance(item, Message):
        return item
    try:
        return Message.model_validate(item)
    except ValueError as error:
        message = f"Input 'messages' failed Pydantic validation: {error}"
        raise ValueError(message) from error


def _result(func: Callable[..., Any], mode: Mode, returned: object, count: int) -> object:
    """Validate what the function returned."""
    complaint = f"Return value from function {func.__qualname__!r} failed Pydantic validation for mode {mode!r}: "
    if mode == "pointwise":
        return _one_result(complaint, returned)
    if not isinstance(returned, list | tuple) or len(returned) != count:
        found = f"{len(returned)} results" if isinstance(returned, list | tuple) else type(returned).__name__
        message = f"{complaint}found {found}, expected a list of {count} results"
        raise ValueError(message)
    return [_one_result(complaint, item) for item in returned]


def _one_result(complaint: str, returned: object) -> "EvaluateResult":
    from reward_kit.models import EvaluateResult

    if isinstance(returned, EvaluateResult):
        return returned
    if not isinstance(returned, dict):
        message = f"{complaint}found {type(returned).__name__}, expected an EvaluateResult or a dict in its shape"
        raise ValueError(message)  # noqa: TRY004 - 0.4.1's users catch ValueError
    try:
        return EvaluateResult.model_validate(returned)
    except ValueError as error:
        message = f"{complaint}{error}"
        raise ValueError(message) from error
