"""What LeetCode's editor gives to a ``class Solution``: its imports, linked lists and trees, which travel as lists.

An argument whose annotation names ``ListNode`` or ``TreeNode`` is built from a list, and such a value that is returned
is made one: ``[1, 2, 3]`` for a linked list, ``[1, null, 2]`` for a tree, level by level. A return value of None is the
empty list where the annotation says that it is one of these.
"""

import importlib
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["MODULES", "ListNode", "TreeNode", "called", "given_names", "is_written_for"]

MODULES = "bisect collections functools heapq itertools math operator random re string sys"
MEMBERS = {
    "typing": "Any Callable Deque Dict Generator Iterable Iterator List Optional Sequence Set Tuple Union",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "functools": "cache cmp_to_key lru_cache partial reduce",
    "heapq": "heapify heappop heappush heappushpop heapreplace nlargest nsmallest",
    "bisect": "bisect bisect_left bisect_right insort",
    "itertools": "accumulate chain combinations count groupby pairwise permutations product zip_longest",
    "math": "ceil comb cos floor gcd inf lcm log log2 pi sin sqrt",
}
LONGEST = 200_000
"""Nodes of one list or tree; one that is linked in a ring has no end."""
NODES = ("ListNode", "TreeNode")


class ListNode:
    """A node of a linked list."""

    def __init__(self, val: Any = 0, next: Any = None) -> None:  # noqa: A002, ANN401 - LeetCode's own definition
        self.val, self.next = val, next


class TreeNode:
    """A node of a binary tree."""

    def __init__(self, val: Any = 0, left: Any = None, right: Any = None) -> None:  # noqa: ANN401 - as above
        self.val, self.left, self.right = val, left, right


def is_written_for(source: bytes) -> bool:
    """Say whether a program looks as if it is written for LeetCode."""
    return any(mark in source for mark in (b"class Solution", b"ListNode", b"TreeNode"))


def given_names(source: bytes) -> dict[str, Any]:
    """Return what a program finds defined: nothing, unless it is written for LeetCode."""
    if not is_written_for(source):
        return {}
    found: dict[str, Any] = {name: importlib.import_module(name) for name in MODULES.split()}
    for module, members in MEMBERS.items():
        loaded = importlib.import_module(module)
        found.update({name: getattr(loaded, name) for name in members.split()})
    return {**found, "ListNode": ListNode, "TreeNode": TreeNode}


def called(function: Callable[..., Any], namespace: dict[str, Any]) -> Callable[..., Any]:
    """Return ``function`` taking and giving lists for nodes; itself where its annotations name none."""
    notes = {name: _node_in(note) for name, note in getattr(function, "__annotations__", {}).items()}
    if not any(notes.values()):
        return function
    returned = notes.pop("return", "")
    names = [name for name in _parameters(function) if name != "self"]

    def with_nodes(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any call
        built = [
            _built(value, notes.get(name, ""), namespace)
            for name, value in zip([*names, *[""] * len(args)], args, strict=False)
        ]
        named = {name: _built(value, notes.get(name, ""), namespace) for name, value in kwargs.items()}
        return _flat(function(*built, **named), returned)

    return with_nodes


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    code = getattr(function, "__code__", None)
    return code.co_varnames[: code.co_argcount] if code is not None else ()


def _node_in(annotation: object) -> str:
    """Return which kind of node an annotation names, in whatever form it is written."""
    text = annotation if isinstance(annotation, str) else repr(annotation)
    return next((name for name in NODES if name in text), "")


def _built(value: Any, kind: str, namespace: dict[str, Any]) -> Any:  # noqa: ANN401 - any value
    if not kind or not isinstance(value, list):
        return value
    if any(isinstance(item, list) for item in value):
        return [_built(item, kind, namespace) for item in value]
    make = namespace.get(kind)
    if not isinstance(make, type):
        make = {"ListNode": ListNode, "TreeNode": TreeNode}[kind]
    return _linked(value, make) if kind == "ListNode" else _tree(value, make)


def _linked(values: Iterable[Any], make: type) -> Any:  # noqa: ANN401 - a node
    head = None
    for value in reversed(list(values)):
        node = make(value)
        node.next = head
        head = node
    return head


def _tree(values: list[Any], make: type) -> Any:  # noqa: ANN401 - a node
    nodes = [None if value is None else make(value) for value in values]
    if not nodes or nodes[0] is None:
        return None
    waiting = iter(nodes[1:])
    for node in nodes:
        if node is not None:
            node.left, node.right = next(waiting, None), next(waiting, None)
    return nodes[0]


def _flat(value: Any, kind: str) -> Any:  # noqa: ANN401 - any value
    """Return the list of a node; lists of nodes become lists of lists."""
    if value is None and kind:
        return []
    name = type(value).__name__
    if isinstance(value, list | tuple):
        return [_flat(item, kind if item is None else "") for item in value]
    if name not in NODES:
        return value
    return _values(value) if name == "ListNode" else _levels(value)


def _values(node: Any) -> list[Any]:  # noqa: ANN401 - a node
    found: list[Any] = []
    while node is not None:
        found.append(node.val)
        node = node.next
        _end_somewhere(found)
    return found


def _levels(root: Any) -> list[Any]:  # noqa: ANN401 - a node
    found: list[Any] = []
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        found.append(None if node is None else node.val)
        if node is not None:
            waiting += (node.left, node.right)
        _end_somewhere(found)
    while found and found[-1] is None:
        found.pop()
    return found


def _end_somewhere(found: list[Any]) -> None:
    if len(found) > LONGEST:
        message = f"a list or tree of more than {LONGEST} nodes"
        raise ValueError(message)
