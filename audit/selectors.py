"""Reads the audit log of the current tenant: filtered, newest first, by keyset."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from audit.models import AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What to look for; an empty field means all.

    Attributes:
        actor: the actor's id, or a part of the name shown.
        verb: an exact verb, or the noun before its point.
        object: `kind`, `kind:id` or an object's id.
        since, until: aware times, `until` not included.
    """

    actor: str = ""
    verb: str = ""
    object: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries(wanted: AuditFilter, *, before: int | None = None) -> QuerySet[AuditEvent]:
    """Entries that match, newest first; `before` is the seq where the page before ended."""
    found = AuditEvent.objects.filter(_conditions(wanted)).order_by("-seq")
    return found if before is None else found.filter(seq__lt=before)


def _conditions(wanted: AuditFilter) -> Q:
    conditions = Q()
    if wanted.actor:
        conditions &= Q(actor_id=wanted.actor) | Q(actor_label__icontains=wanted.actor)
    if wanted.verb:
        conditions &= Q(verb=wanted.verb) | Q(verb__startswith=f"{wanted.verb}.")
    if wanted.object:
        conditions &= _object_condition(wanted.object)
    if wanted.since:
        conditions &= Q(at__gte=wanted.since)
    if wanted.until:
        conditions &= Q(at__lt=wanted.until)
    return conditions


def _object_condition(text: str) -> Q:
    kind, colon, object_id = text.partition(":")
    if colon:
        return Q(object_kind=kind, object_id=object_id)
    return Q(object_id=text) | Q(object_kind=text)
