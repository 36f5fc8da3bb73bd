"""Talks to a shop's REST API: makes each call once, raises our errors."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from chargedesk.kit import clock
from gateways.contract import Credentials
from gateways.errors import UnavailableError
from gateways.guarded import Exchange, send
from gateways.http import time_of_read
from gateways.woocommerce.address import shop_base
from gateways.woocommerce.documents import UNREADABLE, Obj, Sliced, items_with_text, one
from gateways.woocommerce.refusals import Purpose, raise_for
from gateways.woocommerce.signing import basic_header, keys_of, signed_query, written

# A cold shop took 25 seconds for its first answer (NOTES.md).
READ_SECONDS = 60.0
PAGE_LIMIT = 100
API = "/wp-json/wc/v3"
_HEADERS = {"Accept": "application/json", "User-Agent": "ChargeDesk", "Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 2xx answer that holds a JSON document; `as_of`: the moment it shows (M18)."""

    body: bytes
    as_of: datetime
    headers: Mapping[str, str]

    def object(self) -> Obj:
        """The object answered; UnavailableError if the body is none."""
        try:
            return one(self.body)
        except UNREADABLE as error:
            raise UnavailableError("The shop's answer is not readable.") from error

    def items(self) -> list[Sliced]:
        """The objects of the list answered; UnavailableError if the body is no list."""
        try:
            return items_with_text(self.body)
        except UNREADABLE as error:
            raise UnavailableError("The shop's answer is not readable.") from error

    def total(self) -> int | None:
        """How many objects the whole list has, where the shop says so."""
        told = self.headers.get("x-wp-total", "")
        return int(told) if told.isdecimal() else None


def get(credentials: Credentials, path: str, *, api: str = API, **query: str) -> Answer:
    """Read; a failure after sending is an UnavailableError, because nothing can have happened."""
    deadline = time.monotonic() + READ_SECONDS
    return call(credentials, "GET", f"{api}{path}", deadline=deadline, query=query)


def get_before(
    credentials: Credentials,
    path: str,
    deadline: float,
    *,
    query: Mapping[str, str],
) -> Answer:
    """Read on behalf of an order, ending before `deadline` (of `time.monotonic`)."""
    path = f"{API}{path}"
    return call(credentials, "GET", path, deadline=deadline, query=query, is_for_order=True)


def change(
    credentials: Credentials,
    method: str,
    path: str,
    *,
    deadline: float,
    body: Mapping[str, object] | None = None,
    query: Mapping[str, str] | None = None,
) -> Answer:
    """Change something: a failure after the first byte is an OutcomeUnknownError (M5)."""
    return call(
        credentials, method, f"{API}{path}", deadline=deadline, body=body, query=query or {}
    )


def call(  # noqa: PLR0913  all that a request is made of, and no two of it belong together
    credentials: Credentials,
    method: str,
    path: str,
    *,
    deadline: float,
    query: Mapping[str, str],
    body: Mapping[str, object] | None = None,
    is_for_order: bool = False,
) -> Answer:
    """Make one request, once, ending before `deadline` (of `time.monotonic`)."""
    keys, base = keys_of(credentials), shop_base(credentials)
    url, headers = f"{base}{path}", dict(_HEADERS)
    if urlsplit(base).scheme == "https":
        headers["Authorization"] = basic_header(keys)
    else:
        query = signed_query(keys, method, url, query)
    if body is not None:
        headers["Content-Type"] = "application/json"
    is_read = method == "GET"
    exchange = Exchange(
        deadline=deadline,
        is_trusted=bool(credentials.api_base),
        is_for_order=is_for_order or not is_read,
    )
    started, wall = time.monotonic(), clock.now()
    send(
        exchange,
        method,
        f"{url}?{written(query)}" if query else url,
        headers=headers,
        body=None if body is None else json.dumps(body).encode(),
    )
    raise_for(exchange, Purpose.READ if is_read else Purpose.CHANGE)
    # A write's answer shows its own effect: the picture is from the end of the request.
    took = timedelta(seconds=time.monotonic() - started) if is_read else timedelta()
    return Answer(
        body=exchange.body,
        as_of=time_of_read(exchange.headers.get("date"), took=took, fallback=wall),
        headers=exchange.headers,
    )
