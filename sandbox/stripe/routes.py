"""How a path finds its endpoint: pattern, known parameters, permission of restricted keys."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.stripe.context import Context, Result

ID = r"([^/]+)"


@dataclass(frozen=True)
class Route:
    """One endpoint."""

    method: str
    pattern: re.Pattern[str]
    handler: Callable[[Context], Result]
    params: frozenset[str]
    permission: str


def route(
    method: str,
    path: str,
    handler: Callable[[Context], Result],
    *,
    params: str = "",
    permission: str,
) -> Route:
    """Describe an endpoint; `*` in the path stands for an id, `expand` is always known."""
    pattern = re.compile("^/v1/" + path.replace("*", ID) + "$")
    return Route(method, pattern, handler, frozenset([*params.split(), "expand"]), permission)
