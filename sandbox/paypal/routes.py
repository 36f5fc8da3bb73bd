"""How a path finds its endpoint: pattern, scope, and how long its idempotency keys live."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.paypal.context import Context, Result

ID = r"([^/]+)"


@dataclass(frozen=True)
class Route:
    """One endpoint; `key_life_s` is 0 where PayPal-Request-Id is not listed (reference 4.1)."""

    method: str
    pattern: re.Pattern[str]
    handler: Callable[[Context], Result]
    scope: str
    key_life_s: int


def route(
    method: str,
    path: str,
    handler: Callable[[Context], Result],
    *,
    scope: str,
    key_life_s: int = 0,
) -> Route:
    """Describe an endpoint; `*` in the path stands for an id."""
    return Route(method, re.compile(f"^{path.replace('*', ID)}$"), handler, scope, key_life_s)
