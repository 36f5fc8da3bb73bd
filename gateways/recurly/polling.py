"""News by asking: what changed since, list by list, because a webhook may be lost for good."""

from datetime import datetime

from gateways.contract import Credentials, EventPage
from gateways.errors import UnavailableError
from gateways.recurly.client import PAGE_LIMIT, follow, get
from gateways.recurly.listing import wire_time
from gateways.recurly.mapping import Obj
from gateways.recurly.mapping.payments import CHARGED
from gateways.recurly.mapping.values import refusing_misshapen
from gateways.recurly.webhooks import listed_event

# The word that webhooks use, and the list. Payments come first: money is what must not be missed.
_LISTS = {
    "payment": "/transactions",
    "charge_invoice": "/invoices",
    "subscription": "/subscriptions",
    "account": "/accounts",
}
_WORDS = tuple(_LISTS)


@refusing_misshapen
def events(credentials: Credentials, *, since: datetime, cursor: str) -> EventPage:
    """One page of what changed at or after `since`, oldest first, list by list.

    Ascending by `updated_at`, the one order in which Recurly loses no row while rows change.
    """
    word, _, link = cursor.partition("~")
    word = word or _WORDS[0]
    if word not in _LISTS:
        raise UnavailableError("This is no place in Recurly's lists.")
    if link:
        answer = follow(credentials, link, expected=_LISTS[word])
    else:
        answer = get(
            credentials,
            _LISTS[word],
            limit=PAGE_LIMIT,
            sort="updated_at",
            order="asc",
            begin_time=wire_time(since),
        )
    next_link, items = answer.items()
    return EventPage(
        events=tuple(listed_event(word, obj) for obj, _ in items if _is_followed(word, obj)),
        next_cursor=f"{word}~{next_link}" if next_link else _after(word),
    )


def _is_followed(word: str, obj: Obj) -> bool:
    # Checks of a card and authorizations move no money.
    return word != "payment" or obj.get("type") in CHARGED | {"refund"}


def _after(word: str) -> str:
    place = _WORDS.index(word) + 1
    return f"{_WORDS[place]}~" if place < len(_WORDS) else ""
