"""Which person a gateway customer is born to: the one with the same e-mail, or one of its own.

A person's id derives from what makes it one, so two workers that meet somebody for the first time
make one row. Where that person was merged into another, the newcomer follows. The row is locked
for that moment, so that a merge running at the same time is either seen here or sees the newcomer.
"""

from uuid import UUID

from chargedesk.base import scoping
from chargedesk.kit.ids import derived_id


def normalised_email(email: str) -> str:
    """How e-mail addresses are compared: without spaces around, in lower case."""
    return email.strip().lower()


def digits_of(phone: str) -> str:
    """How phone numbers are compared: their digits, nothing else."""
    return "".join(character for character in phone if character in "0123456789")


def person_ids(gateway_customer_id: str | UUID, email: str) -> tuple[UUID, UUID | None]:
    """The id of a person of its own, and of the person with this e-mail if there is one."""
    tenant_id = scoping.current_tenant()
    own = derived_id(tenant_id, "person", UUID(str(gateway_customer_id)))
    address = normalised_email(email)
    return own, derived_id(tenant_id, "person", address) if address else None


# Continues a `WITH RECURSIVE` after `newcomers(own_person, email_person, …)`: `placed` adds
# `home_id`, the person it is born to, and `person_id`, who that is now.
PLACED = """wanted AS (
    SELECT n.*, CASE WHEN o.groups_by_email THEN coalesce(n.email_person, n.own_person) ELSE
        n.own_person END AS home_id
    FROM newcomers n, tenants_tenant o WHERE o.id = %(tenant)s
), known AS MATERIALIZED (
    SELECT id, merged_into_id FROM ledger_customer WHERE id IN (SELECT home_id FROM wanted) ORDER
        BY id FOR NO KEY UPDATE
), up(home_id, at_id, next_id) AS (
    SELECT id, id, merged_into_id FROM known
    UNION ALL
    SELECT up.home_id, c.id, c.merged_into_id FROM up JOIN ledger_customer c ON c.id = up.next_id
), placed AS MATERIALIZED (
    SELECT w.*, coalesce(up.at_id, w.home_id) AS person_id
    FROM wanted w LEFT JOIN up ON up.home_id = w.home_id AND up.next_id IS NULL
)"""
