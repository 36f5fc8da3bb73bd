"""Clues to who somebody is: each is one index look-up, cut off so that a common one costs no time.

Comparisons are plain `=`, `<` and `>=` on stored, normalised values: under row security PostgreSQL
uses an index only for functions that leak nothing, and `lower()` or `LIKE` are not among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_HITS = 50


@dataclass(frozen=True, slots=True)
class Clue:
    """A look-up: `sql` selects id, how, source; `values` are bound in order."""

    sql: str
    values: tuple[Any, ...]


def by_identifier(kind: str, value: str) -> Clue:
    """Who has exactly this identifier."""
    return Clue(f"{_IDENTIFIED} AND i.kind = %s AND i.value = %s", (kind, kind, value))


def by_beginning(how: str, kind: str, beginning: str) -> Clue:
    """Whose identifier begins like this."""
    end = beginning[:-1] + chr(ord(beginning[-1]) + 1)
    return Clue(
        f"{_IDENTIFIED} AND i.kind = %s AND i.value >= %s AND i.value < %s",
        (how, kind, beginning, end),
    )


def by_record(external_id: str) -> Clue:
    """Whom a gateway knows by this id."""
    return Clue(
        """SELECT g.customer_id AS id, 'external_id' AS how, 'gateway' AS source
        FROM ledger_gatewaycustomer g WHERE g.external_id = %s""",
        (external_id,),
    )


def by_object(external_id: str) -> list[Clue]:
    """Who has a charge, payment, refund, subscription or invoice with this id of the gateway."""
    return [Clue(sql, (external_id,)) for sql in _OBJECTS]


def by_invoice(number: str) -> Clue:
    """Who got the invoice with this number."""
    return Clue(
        f"""SELECT g.customer_id AS id, 'invoice' AS how, 'gateway' AS source
        FROM ledger_gatewayinvoice c {_OWNER} WHERE c.number = %s""",
        (number,),
    )


def by_order(number: str) -> Clue:
    """Who has a charge for the shop's own order with this number, in lower case."""
    return Clue(
        f"{_CHARGED} WHERE c.order_number = %s AND c.order_number > '' AND NOT c.is_deleted",
        ("order", number),
    )


def by_statement(text: str) -> Clue:
    """Who has a charge with this text on the statement."""
    return Clue(
        f"{_CHARGED} WHERE c.statement_descriptor = %s AND NOT c.is_deleted", ("statement", text)
    )


def by_card(
    last4: str, *, amounts: Sequence[int] = (), day: tuple[datetime, datetime] | None = None
) -> Clue:
    """Who paid with a card that ends so, one of these amounts (minor units), on that day."""
    sql, values = f"{_CHARGED} WHERE c.method_last4 = %s AND NOT c.is_deleted", ["card", last4]
    more: list[Any] = []
    if amounts:
        sql += " AND c.amount_minor = ANY(%s)"
        more.append(list(amounts))
    if day:
        sql += " AND c.occurred_at >= %s AND c.occurred_at < %s"
        more += day
    return Clue(sql, (*values, *more))


# The index has no empty values, and a plan made for any value must be told so.
_IDENTIFIED = """SELECT coalesce(g.customer_id, i.customer_id) AS id, %s AS how, i.source
    FROM ledger_identifier i LEFT JOIN ledger_gatewaycustomer g ON g.id = i.gateway_customer_id
    WHERE i.value > ''"""
_OWNER = "JOIN ledger_gatewaycustomer g ON g.id = c.gateway_customer_id"
_CHARGED = (
    f"""SELECT g.customer_id AS id, %s AS how, 'gateway' AS source FROM ledger_charge c {_OWNER}"""
)
_OWNED = f"""SELECT g.customer_id AS id, 'charge' AS how, 'gateway' AS source
    FROM {{table}} c {_OWNER} WHERE c.external_id = %s"""
_OBJECTS = (
    _OWNED.format(table="ledger_charge"),
    # A payment's root may be a stub without customer; its charges have one.
    f"""SELECT g.customer_id AS id, 'charge' AS how, 'gateway' AS source
    FROM ledger_moneyroot r JOIN ledger_charge c ON c.root_id = r.id {_OWNER}
    WHERE r.external_id = %s""",
    f"""SELECT g.customer_id AS id, 'charge' AS how, 'gateway' AS source
    FROM ledger_refund f JOIN ledger_charge c ON c.id = f.charge_id {_OWNER}
    WHERE f.external_id = %s""",
    _OWNED.format(table="ledger_subscription"),
    _OWNED.format(table="ledger_gatewayinvoice"),
)
