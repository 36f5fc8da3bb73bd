"""Which gateway records are one person: merging, undoing it, separating, linking.

A person points to whom it was merged into; a gateway record knows the person it was born to
(`home`) and who that is now (`customer`). So every change is one arrow, and undoing it in any
order restores what was. All of it is audited.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection as database

from audit import services as audit
from audit.models import AuditEvent
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.kit import clock, ids
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.ledger.changes import record_changes
from chargedesk.ledger.models import (
    Customer,
    CustomerMerge,
    GatewayCustomer,
    Identifier,
    IdentifierKind,
    IdentifierSource,
    ObjectName,
)
from chargedesk.ledger.persons import digits_of, normalised_email


class GroupingError(ChargeDeskError):
    """These records cannot be grouped like that."""

    code = "grouping_invalid"


def current_customer_id(customer_id: UUID) -> UUID:
    """Who this person is now, after all merges. Raises Customer.DoesNotExist."""
    with database.cursor() as cursor:
        cursor.execute(_UP, [customer_id])
        row = cursor.fetchone()
    if row is None:
        raise Customer.DoesNotExist
    found: UUID = row[0]
    return found


_UP = """WITH RECURSIVE up AS (
    SELECT id, merged_into_id FROM ledger_customer WHERE id = %s
    UNION ALL
    SELECT c.id, c.merged_into_id FROM up JOIN ledger_customer c ON c.id = up.merged_into_id
) SELECT id FROM up WHERE merged_into_id IS NULL"""

_DOWN = """WITH RECURSIVE down AS (
    SELECT id FROM ledger_customer WHERE id = %s
    UNION ALL
    SELECT c.id FROM down JOIN ledger_customer c ON c.merged_into_id = down.id
) SELECT id FROM down"""


def merge_customers(
    winner_id: UUID, loser_id: UUID, *, actor: Actor, reason: str = ""
) -> CustomerMerge:
    """Make two people one: everything of `loser` shows under `winner` until the merge is undone.

    Raises GroupingError if they are one already, Customer.DoesNotExist.
    """
    _take_turn()
    winner, loser = _locked_pair(winner_id, loser_id)
    loser.merged_into = winner
    loser.save(update_fields=["merged_into"])
    moved = _move(
        GatewayCustomer.objects.filter(customer=loser).values_list("id", flat=True), winner
    )
    merge = CustomerMerge.objects.create(
        tenant_id=scoping.current_tenant(),
        winner=winner,
        loser=loser,
        reason=reason[:200],
        merged_at=clock.now(),
    )
    _tell(people=[winner.id, loser.id], records=moved)
    audit.record(
        Verb.CUSTOMER_MERGED,
        actor=actor,
        object_kind="customer",
        object_id=winner.id,
        reason=reason,
        details={"merge": str(merge.id), "loser": str(loser.id), "records": len(moved)},
    )
    return merge


def unmerge(merge_id: UUID, *, actor: Actor, reason: str = "") -> CustomerMerge:
    """Undo a merge; all records go back to whom they would belong without it.

    Undone twice is undone once. Raises CustomerMerge.DoesNotExist.
    """
    _take_turn()
    merge = CustomerMerge.objects.select_for_update().get(id=merge_id)
    if merge.undone_at is not None:
        return merge
    loser = Customer.objects.select_for_update().get(id=merge.loser_id)
    loser.merged_into = None
    loser.save(update_fields=["merged_into"])
    with database.cursor() as cursor:
        cursor.execute(_DOWN, [loser.id])
        family = [row[0] for row in cursor.fetchall()]
    at_home = GatewayCustomer.objects.filter(home__in=family).values_list("id", flat=True)
    moved = _move(at_home, loser)
    merge.undone_at = clock.now()
    merge.save(update_fields=["undone_at"])
    _tell(people=[merge.winner_id, loser.id], records=moved)
    audit.record(
        Verb.CUSTOMER_SEPARATED,
        actor=actor,
        object_kind="customer",
        object_id=loser.id,
        reason=reason,
        details={"merge": str(merge.id), "winner": str(merge.winner_id), "records": len(moved)},
    )
    return merge


def undoing_of(merge: CustomerMerge) -> AuditEvent | None:
    """The audit entry of who undid a merge; None while it stands."""
    return AuditEvent.objects.filter(
        object_kind="customer",
        object_id=str(merge.loser_id),
        verb=Verb.CUSTOMER_SEPARATED,
        details__merge=str(merge.id),
    ).first()


def separate_gateway_customer(
    gateway_customer_id: UUID, *, actor: Actor, to: UUID | None = None, reason: str = ""
) -> Customer:
    """Give one gateway record to another person: `to`, or a new one. Returns who it belongs to now.

    The audit entry names its home before, which as `to` undoes it. Raises
    GatewayCustomer.DoesNotExist, Customer.DoesNotExist.
    """
    _take_turn()
    record = GatewayCustomer.objects.get(id=gateway_customer_id)
    home = Customer.objects.get(id=to) if to else _new_person(record)
    person = Customer.objects.select_for_update().get(id=current_customer_id(home.id))
    before, left = record.home_id, record.customer_id
    GatewayCustomer.objects.filter(id=record.id).update(home=home, customer=person)
    _tell(people=[left, person.id], records=[record.id])
    audit.record(
        Verb.CUSTOMER_SEPARATED,
        actor=actor,
        object_kind="gateway_customer",
        object_id=record.id,
        reason=reason,
        details={"home_before": str(before), "home": str(home.id)},
    )
    return person


def link_identifier(
    customer_id: UUID,
    kind: IdentifierKind,
    value: str,
    *,
    actor: Actor,
    source: IdentifierSource = IdentifierSource.AGENT,
) -> Identifier:
    """Say that this identifier is this person (S7); from then on it is an exact match.

    Linking twice is linking once. Raises GroupingError for an empty value, Customer.DoesNotExist.
    """
    wanted = _normalised(kind, value)
    if not wanted:
        raise GroupingError("Say by what this person is known.", parameter="value")
    identifier, is_new = Identifier.objects.get_or_create(
        tenant_id=scoping.current_tenant(),
        customer_id=current_customer_id(customer_id),
        gateway_customer=None,
        kind=kind,
        value=wanted,
        source=source,
        defaults={"created_at": clock.now()},
    )
    if is_new:
        _tell_link(identifier, actor=actor, result="linked")
    return identifier


def unlink_identifier(identifier_id: UUID, *, actor: Actor) -> None:
    """Take back a link somebody made; what a gateway told cannot be unlinked.

    Raises Identifier.DoesNotExist.
    """
    identifier = Identifier.objects.get(id=identifier_id, gateway_customer=None)
    Identifier.objects.filter(id=identifier.id).delete()
    _tell_link(identifier, actor=actor, result="unlinked")


def _take_turn() -> None:
    """Wait until nobody else groups this tenant's people.

    One arrow decides about all records below it, and locks on a few people would not cover those.
    """
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"grouping:{scoping.current_tenant()}"],
        )


def _locked_pair(winner_id: UUID, loser_id: UUID) -> tuple[Customer, Customer]:
    while True:
        winner, loser = current_customer_id(winner_id), current_customer_id(loser_id)
        if winner == loser:
            raise GroupingError("They are one person already.")
        locked = Customer.objects.select_for_update().filter(id__in=[winner, loser]).order_by("id")
        people = {person.id: person for person in locked}
        # News of a stub may have moved one of them while we waited for the lock.
        if all(person.merged_into_id is None for person in people.values()):
            return people[winner], people[loser]


def _move(records: Iterable[UUID], person: Customer) -> list[UUID]:
    moved = list(records)
    GatewayCustomer.objects.filter(id__in=moved).update(customer=person)
    return moved


def _new_person(record: GatewayCustomer) -> Customer:
    return Customer.objects.create(
        id=ids.new_id(),
        tenant_id=scoping.current_tenant(),
        name=record.name,
        email=normalised_email(record.email),
        created_at=clock.now(),
    )


def _normalised(kind: IdentifierKind, value: str) -> str:
    if kind == IdentifierKind.PHONE:
        return digits_of(value)
    if kind in {IdentifierKind.EMAIL, IdentifierKind.USERNAME, IdentifierKind.NAME}:
        return normalised_email(value)
    return value.strip()


def _tell(*, people: list[UUID], records: list[UUID]) -> None:
    record_changes(ObjectName.CUSTOMER, people)
    record_changes(ObjectName.GATEWAY_CUSTOMER, records)


def _tell_link(identifier: Identifier, *, actor: Actor, result: str) -> None:
    record_changes(ObjectName.CUSTOMER, [identifier.customer_id])
    audit.record(
        Verb.CUSTOMER_LINKED,
        actor=actor,
        object_kind="customer",
        object_id=identifier.customer_id,
        result=result,
        details={"kind": identifier.kind, "value": identifier.value},
    )
