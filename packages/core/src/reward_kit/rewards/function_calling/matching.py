"""Which call answers which expected call: a perfect matching, and the best assignment. No greedy choices."""

from collections.abc import Callable, Sequence

__all__ = ["best_assignment", "largest_matching"]


def largest_matching(rows: int, columns: int, fits: Callable[[int, int], bool]) -> list[int]:
    """Return for each row the column that it is matched with, or -1, so that as many as possible are matched.

    >>> largest_matching(2, 2, lambda row, column: (row, column) != (1, 1))
    [1, 0]
    """
    known: dict[tuple[int, int], bool] = {}

    def edge(row: int, column: int) -> bool:
        if (row, column) not in known:
            known[row, column] = fits(row, column)
        return known[row, column]

    owner = [-1] * columns
    for row in range(rows):
        if row < columns and owner[row] < 0 and edge(row, row):
            owner[row] = row
    for row in range(rows):
        if row not in owner:
            _augment(row, columns, edge, owner)
    matched = [-1] * rows
    for column, row in enumerate(owner):
        if row >= 0:
            matched[row] = column
    return matched


def _augment(start: int, columns: int, edge: Callable[[int, int], bool], owner: list[int]) -> None:
    """Find a path from the free row ``start`` to a free column, and flip it. Breadth first, without recursion."""
    came_from: dict[int, int] = {}
    waiting = [start]
    for row in waiting:
        for column in range(columns):
            if column in came_from or not edge(row, column):
                continue
            came_from[column] = row
            if owner[column] >= 0:
                waiting.append(owner[column])
                continue
            free = column
            while free >= 0:
                taker = came_from[free]
                previous = owner.index(taker) if taker != start else -1
                owner[free] = taker
                free = previous
            return


def best_assignment(scores: Sequence[Sequence[float]]) -> list[int]:
    """Return for each row a column of its own, or -1, so that the sum of the scores is the largest.

    The Hungarian method with potentials, O(n³).

    >>> best_assignment([[0.9, 0.8], [0.8, 0.1]])
    [1, 0]
    """
    size = max(len(scores), max((len(row) for row in scores), default=0))
    if not size:
        return []
    cost = [
        [-scores[row][column] if row < len(scores) and column < len(scores[row]) else 0.0 for column in range(size)]
        for row in range(size)
    ]
    taken = _hungarian(cost, size)
    chosen = [-1] * len(scores)
    for column, row in enumerate(taken):
        if row < len(scores) and column < len(scores[row]):
            chosen[row] = column
    return chosen


def _hungarian(cost: list[list[float]], size: int) -> list[int]:  # noqa: C901 - the loops of one textbook method
    """Return for each column the row that takes it at the least cost."""
    row_potential, column_potential = [0.0] * size, [0.0] * (size + 1)
    taken = [-1] * (size + 1)  # the last column is where each search starts
    for row in range(size):
        taken[size] = row
        column, least, before = size, [float("inf")] * size, [size] * size
        seen = [False] * (size + 1)
        while taken[column] != -1:
            seen[column] = True
            current, step, following = taken[column], float("inf"), -1
            for other in range(size):
                if seen[other]:
                    continue
                reduced = cost[current][other] - row_potential[current] - column_potential[other]
                if reduced < least[other]:
                    least[other], before[other] = reduced, column
                if least[other] < step:
                    step, following = least[other], other
            for other in range(size + 1):
                if seen[other]:
                    row_potential[taken[other]] += step
                    column_potential[other] -= step
                elif other < size:
                    least[other] -= step
            column = following
        while column != size:
            taken[column] = taken[before[column]]
            column = before[column]
    return taken[:size]
