"""Which operation a request asks for: path templates, as Fireworks' specification writes them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reward_kit.testing.fireworks.answers import Answer, Refusal

__all__ = ["Handler", "Match", "Route", "Router"]


Handler: TypeAlias = Callable[..., Answer]
"""Answers one operation: called with the request, and with the fields of the template as keyword arguments."""


@dataclass(frozen=True, slots=True)
class Route:
    """An operation of the API."""

    method: str
    template: str
    """Such as ``/v1/accounts/{account}/evaluators/{evaluator}:validateUpload``."""
    operation: str
    """Such as ``ValidateEvaluatorUpload``."""
    handler: Handler


@dataclass(frozen=True, slots=True)
class Match:
    """The route of a request, and the fields of its path."""

    route: Route
    fields: Mapping[str, str]


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(_pattern(route.template), route) for route in routes]

    def match(self, method: str, path: str) -> Match:
        """Return the route.

        Raises:
            Refusal: there is no such path, or it does not have this method.
        """
        found = [(pattern.fullmatch(path), route) for pattern, route in self._routes]
        here = [Match(route, match.groupdict()) for match, route in found if match]
        for match in here:
            if match.route.method == method:
                return match
        if here:
            allowed = ", ".join(sorted({match.route.method for match in here}))
            message = f"method {method} is not allowed on {path}; it has {allowed}"
            raise Refusal(message, "UNIMPLEMENTED", status=405, headers={"Allow": allowed})
        message = f"no such endpoint: {method} {path}"
        raise Refusal(message, "NOT_FOUND")


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(f"(?P<{part}>[^/:]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )
