"""Periods of subscriptions: where they begin and end, and what a part of one is worth."""

from sandbox.stripe.history import DAY, months_later
from sandbox.wire import Json

MONTHS = {"month": 1, "year": 12}


def period_after(start: int, price: Json) -> tuple[int, int]:
    """The period of a price that begins at a moment."""
    recurring = price["recurring"]
    count = recurring["interval_count"]
    if recurring["interval"] in MONTHS:
        return start, months_later(start, MONTHS[recurring["interval"]] * count)
    days = {"day": 1, "week": 7}[recurring["interval"]]
    return start, start + days * count * DAY


def rhythm(price: Json) -> tuple[str, int]:
    """How often a price recurs."""
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def share_left(item: Json, moment: int) -> float:
    """Which part of the running period of an item lies after a moment."""
    start, end = int(item["current_period_start"]), int(item["current_period_end"])
    return max(0.0, min(1.0, (end - moment) / max(end - start, 1)))


def worth(item: Json) -> int:
    """What a whole period of an item costs."""
    return int(item["price"]["unit_amount"] * item["quantity"])
