"""Finding people: who a helpdesk's requester is and how sure we are, and the agent's search."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.utils.translation import gettext_lazy as _

from chargedesk.base.prepared import Prepared
from chargedesk.ledger.matching.clues import MOST_HITS, Clue, by_identifier, by_record
from chargedesk.ledger.matching.search_terms import clues_in
from chargedesk.ledger.persons import digits_of, normalised_email


class Grade(StrEnum):
    """How sure we are who somebody is, the surest first."""

    EXACT = "exact"
    VERIFIED_EMAIL = "verified_email"
    EMAIL = "email"
    GUESS = "guess"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a helpdesk says is asking.

    Attributes:
        email_is_verified: the helpdesk signed that the address belongs to them.
        external_ids: signed ids, such as the gateway's customer id.
        helpdesk_id: as `<helpdesk>:<id>`; an agent may have linked it.
        name: for a guess only.
    """

    email: str = ""
    email_is_verified: bool = False
    phone: str = ""
    external_ids: tuple[str, ...] = ()
    helpdesk_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One person it may be: who they are after merges, and a sentence that says why."""

    customer_id: UUID
    name: str
    email: str
    grade: Grade
    reason: str


def find_customers(query: Identity) -> list[Match]:
    """Everybody it may be, the surest first, each once with the best grade. One statement."""
    identifiers = {
        "helpdesk_id": query.helpdesk_id,
        "email": normalised_email(query.email),
        "phone": digits_of(query.phone),
        "name": query.name.strip().lower(),
    }
    clues = [by_identifier(kind, value) for kind, value in identifiers.items() if value]
    for external_id in filter(None, query.external_ids):
        clues += [by_record(external_id), by_identifier("external_id", external_id)]
    found = _hits(clues, is_known_shape=True)
    return _best(found, email_is_verified=query.email_is_verified)


def search(text: str) -> list[Match]:
    """Find people by what an agent types (S7). One statement.

    An e-mail address, a name or the beginning of either; a phone number, a gateway's id, an order's
    or invoice's number, the text on the statement; the last four digits with an amount or a date.
    """
    return _best(_hits(clues_in(text)), email_is_verified=False)


def _hits(clues: Sequence[Clue], *, is_known_shape: bool = False) -> list[tuple[Any, ...]]:
    """What the clues lead to. A known shape, over and over the same, is planned only once."""
    if not clues:
        return []
    hits = " UNION ALL ".join(f"({clue.sql} LIMIT {MOST_HITS})" for clue in clues)
    values = [value for clue in clues for value in clue.values]
    with database.cursor() as cursor:
        if is_known_shape:
            _of_texts(hits, len(values)).execute(cursor, _named(values))
        else:
            cursor.execute(_PERSONS.replace("{hits}", hits), values)
        return list(cursor.fetchall())


@lru_cache(maxsize=64)
def _of_texts(hits: str, count: int) -> Prepared:
    names = _named([""] * count)
    named = _PERSONS.replace("{hits}", hits) % tuple(f"%({name})s" for name in names)
    return Prepared(named, dict.fromkeys(names, "text"))


def _named(values: Sequence[str]) -> dict[str, str]:
    return {f"v{number}": value for number, value in enumerate(values)}


# Planned for hits of any number, it would read all customers; OFFSET 0 keeps it to look-ups by id.
_PERSONS = """
WITH RECURSIVE hits AS MATERIALIZED ({hits}), up(start_id, id, next_id) AS (
    SELECT id, id, merged_into_id FROM ledger_customer WHERE id = ANY (ARRAY (SELECT id FROM hits))
    UNION ALL
    SELECT up.start_id, c.id, c.merged_into_id FROM up, LATERAL (
        SELECT * FROM ledger_customer WHERE id = up.next_id OFFSET 0) c
)
SELECT DISTINCT c.id, c.name, c.email, h.how, h.source
FROM hits h JOIN up ON up.start_id = h.id AND up.next_id IS NULL, LATERAL (
    SELECT * FROM ledger_customer WHERE id = up.id OFFSET 0) c
"""

_ORDER = {grade: place for place, grade in enumerate(Grade)}


def _best(hits: Iterable[tuple[Any, ...]], *, email_is_verified: bool) -> list[Match]:
    best: dict[UUID, Match] = {}
    for customer_id, name, email, how, source in hits:
        grade, reason = _graded(how, source, email_is_verified=email_is_verified)
        known = best.get(customer_id)
        if known is None or _ORDER[grade] < _ORDER[known.grade]:
            best[customer_id] = Match(
                customer_id=customer_id, name=name, email=email, grade=grade, reason=str(reason)
            )
    return sorted(best.values(), key=lambda match: (_ORDER[match.grade], match.name, match.email))


def _graded(how: str, source: str, *, email_is_verified: bool) -> tuple[Grade, object]:
    if source == "agent" or how == "helpdesk_id":
        return Grade.EXACT, _("An agent linked this person.")
    if how == "external_id":
        return Grade.EXACT, _("The gateway knows them by this id.")
    if how == "email" and email_is_verified:
        return Grade.VERIFIED_EMAIL, _("The helpdesk has verified this e-mail address.")
    if how == "email":
        return Grade.EMAIL, _("The same e-mail address, not verified.")
    return Grade.GUESS, _GUESSES[how]


_GUESSES = {
    "phone": _("The same phone number."),
    "name": _("A similar name."),
    "email_start": _("The e-mail address begins like this."),
    "username": _("The same user name."),
    "charge": _("They have a payment with this id."),
    "invoice": _("They have an invoice with this number."),
    "order": _("They have a payment for this order."),
    "card": _("They made a payment with these card digits."),
    "statement": _("They have a payment with this text on the statement."),
}
