"""Braintree's two-step search: the ids of all matches, then the objects, fifty at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateways.braintree.client import Answer, search
from gateways.braintree.mapping.values import Obj, ids
from gateways.contract import Credentials
from gateways.errors import PayloadError

MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One object of a search, with its bytes and the moment it shows."""

    obj: Obj
    raw: bytes
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """Where a kind is searched: the path, and the element that holds one object."""

    path: str
    tag: str


TRANSACTIONS = Searchable(path="/transactions", tag="transaction")
CUSTOMERS = Searchable(path="/customers", tag="customer")
SUBSCRIPTIONS = Searchable(path="/subscriptions", tag="subscription")


def criteria(terms: Iterable[Any]) -> dict[str, Any]:
    """The terms made by the SDK's search builders, as they are sent."""
    return {term.name: term.to_param() for term in terms}


def matching_ids(
    credentials: Credentials, where: Searchable, terms: Iterable[Any]
) -> tuple[str, ...]:
    """All ids that match, newest first; Braintree cuts the list silently at its maximum."""
    answer = search(credentials, f"{where.path}/advanced_search_ids", criteria(terms))
    found = answer.object("search_results")
    if "ids" not in found:
        raise PayloadError("Braintree's search has no result.")
    return ids(found, "ids")


def objects(credentials: Credentials, where: Searchable, wanted: Sequence[str]) -> list[Found]:
    """The objects with these ids (at most fifty); one that vanished meanwhile is left out."""
    if not wanted:
        return []
    sent = {"ids": list(wanted)}
    answer = search(credentials, f"{where.path}/advanced_search", sent)
    return in_answer(answer, where.tag)


def in_answer(answer: Answer, tag: str) -> list[Found]:
    """The objects of an answer that is a list."""
    return [Found(obj=obj, raw=raw, as_of=answer.as_of) for obj, raw in answer.items(tag)]
