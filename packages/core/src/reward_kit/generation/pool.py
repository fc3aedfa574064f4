"""Run a function over many items in a bounded number of threads, and yield each as soon as it is done.

The threads are daemons: Ctrl-C ends the program at once, although a request may be waiting for its answer.
"""

import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

__all__ = ["Done", "each_done"]

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[Item, Result]):
    """An item, and what the function returned for it or raised."""

    item: Item
    result: Result | None = None
    error: BaseException | None = None


def each_done(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Generator[Done[Item, Result], None, None]:
    """Yield every item once it is done, in no order; ``items`` is read only as far as there is a free thread."""
    todo: SimpleQueue[Item | _End] = SimpleQueue()
    done: SimpleQueue[Done[Item, Result]] = SimpleQueue()

    def work() -> None:
        while not isinstance(item := todo.get(), _End):
            try:
                done.put(Done(item=item, result=function(item)))
            except BaseException as error:  # noqa: BLE001 - raised or told by whoever reads what is done
                done.put(Done(item=item, error=error))

    source = iter(items)
    threads = 0
    running = 0
    try:
        while True:
            while running < workers:
                try:
                    item = next(source)
                except StopIteration:
                    break
                if threads == running:
                    threading.Thread(target=work, name=f"reward-kit ask {threads}", daemon=True).start()
                    threads += 1
                todo.put(item)
                running += 1
            if not running:
                return
            finished = done.get()
            running -= 1
            yield finished
    finally:
        for _ in range(threads):
            todo.put(_End())


class _End:
    """Ends a thread."""
