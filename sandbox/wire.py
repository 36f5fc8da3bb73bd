"""What travels between the HTTP server and a provider: requests, answers and what an answer did."""

import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One HTTP request as read from the socket; header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """One HTTP answer, complete except for Date, Content-Length and Connection."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """An answer together with what the journal has to say about it.

    `amount` is in minor units by ISO 4217; `effect` is None for reads, refusals and replays.
    """

    response: Response
    effect: str | None = None
    ids: tuple[str, ...] = ()
    amount: int | None = None


@dataclass(frozen=True)
class Identity:
    """Who calls: the account the credentials open, its mode and what the credentials may do."""

    account: str
    livemode: bool = False
    permissions: frozenset[str] | None = None
    credential: str = ""


def json_response(status: int, value: Any, headers: dict[str, str] | None = None) -> Response:
    """Answer with a JSON document."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json", **(headers or {})})
