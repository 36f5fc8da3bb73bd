"""Talks to Recurly: makes each call once, with its own deadline, and raises our errors."""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from chargedesk.kit import clock
from gateways.contract import Credentials
from gateways.errors import CredentialsError, InvalidOrderError, UnavailableError
from gateways.http import time_of_read
from gateways.recurly.documents import UNREADABLE, Sliced, items_with_text, parsed, written
from gateways.recurly.refusals import Purpose, raise_for
from gateways.recurly.transport import Exchange, send

ACCEPT = "application/vnd.recurly.v2021-02-25"
HOSTS = {"us": "https://v3.recurly.com", "eu": "https://v3.eu.recurly.com"}
READ_SECONDS = 30.0
PAGE_LIMIT = 200
LONGEST_KEY = 255


class Method(Enum):
    """The HTTP methods that we use."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 2xx answer.

    Attributes:
        text: the body as it came.
        as_of: the moment it shows (M18).
        is_replay: Recurly replayed what it had stored for the idempotency key.
        request_id: Recurly's id of the request.
    """

    text: str
    as_of: datetime
    is_replay: bool
    request_id: str

    def object(self) -> dict[str, Any]:
        """The object answered, amounts as decimals; UnavailableError if the body is none."""
        try:
            return parsed(self.text)
        except UNREADABLE as error:
            raise self._unreadable() from error

    def items(self) -> tuple[str, list[Sliced]]:
        """Where the next page is (empty after the last), and the items of the list answered.

        UnavailableError if the body is no list.
        """
        try:
            fields, items = items_with_text(self.text)
        except UNREADABLE as error:
            raise self._unreadable() from error
        if fields.get("object") != "list":
            raise self._unreadable()
        return str(fields.get("next") or "") if fields.get("has_more") else "", items

    def _unreadable(self) -> UnavailableError:
        return UnavailableError("Recurly's answer is not readable.", request_id=self.request_id)


def get(credentials: Credentials, path: str, **query: str | int) -> Answer:
    """Read; a failure after sending is an UnavailableError, because nothing can have happened."""
    deadline = time.monotonic() + READ_SECONDS
    return call(credentials, Method.GET, path, params=query, deadline=deadline)


def follow(credentials: Credentials, link: str, *, expected: str) -> Answer:
    """Read the page that a list's `next` names.

    It is a path or an address; the key goes to Recurly only, and to the list at `expected` only.
    """
    path = link.removeprefix(_base(credentials))
    if path.partition("?")[0] != expected:
        raise UnavailableError("Recurly's list goes on at an address that is not Recurly's.")
    return get(credentials, path)


def call(
    credentials: Credentials,
    method: Method,
    path: str,
    *,
    params: Mapping[str, object],
    deadline: float,
    key: str = "",
) -> Answer:
    """Make one request, once, ending before `deadline` (of `time.monotonic`).

    `params` is the body of a POST or PUT, else the query. Everything but a GET is held to M5: a
    failure after the first byte is an OutcomeUnknownError.
    """
    if len(key) > LONGEST_KEY:
        raise InvalidOrderError("Recurly takes keys of up to 255 characters.")
    has_body = method in {Method.POST, Method.PUT}
    headers = _headers(credentials, key=key)
    url = _base(credentials) + path
    if params and not has_body:
        url += f"?{urlencode({name: _in_query(value) for name, value in params.items()})}"
    exchange = Exchange(deadline=deadline)
    started, wall = time.monotonic(), clock.now()
    body = written(params).encode() if has_body else None
    send(exchange, method.value, url, headers=headers, body=body)
    is_read = method is Method.GET
    raise_for(exchange, Purpose.READ if is_read else Purpose.CHANGE)
    # A write's answer shows its own effect: the picture is from the end of the request. The date
    # has whole seconds, so minus the duration it could look older than the read before it.
    took = timedelta(seconds=time.monotonic() - started) if is_read else timedelta()
    return Answer(
        text=exchange.body.decode(errors="replace"),
        as_of=time_of_read(exchange.headers.get("date"), took=took, fallback=wall),
        is_replay=exchange.is_replay,
        request_id=exchange.request_id,
    )


def _headers(credentials: Credentials, *, key: str) -> dict[str, str]:
    secret = base64.b64encode(f"{_key_of(credentials)}:".encode()).decode()
    headers = {
        "Accept": ACCEPT,
        "Authorization": f"Basic {secret}",
        "Content-Type": "application/json",
        "User-Agent": "ChargeDesk",
    }
    return headers | {"Idempotency-Key": key} if key else headers


def _in_query(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key_of(credentials: Credentials) -> str:
    key = credentials.values.get("api_key", "").strip()
    if not key.isalnum() or not key.isascii():
        raise CredentialsError(
            "This is not a private API key of Recurly; they are letters and digits only.",
            parameter="api_key",
        )
    return key


def _base(credentials: Credentials) -> str:
    if credentials.api_base:
        return credentials.api_base.rstrip("/")
    region = credentials.values.get("region", "").strip().lower() or "us"
    if region not in HOSTS:
        raise CredentialsError("The region of a Recurly site is us or eu.", parameter="region")
    return HOSTS[region]
