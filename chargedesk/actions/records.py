"""Storing what a tenant tells of its own records, and settling the orders it tells about."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.actions.errors import IntentClosedError, NoSuchObjectError, RecordKeyMisuseError
from chargedesk.actions.models import UNSETTLED, ActionIntent, RecordKey
from chargedesk.actions.settlement import store
from chargedesk.kit import clock, ids
from chargedesk.ledger.models.mirrored import Mirrored
from chargedesk.ledger.services.told import pictures_after
from chargedesk.tenants.models import Connection
from gateways.snapshots import ObjectKind

_HEARD_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRequest:
    """One wish to tell a record.

    `client_key`: the caller's key for it, or empty; `wish`: all it says, as JSON values.
    """

    tenant_id: UUID
    credential: str
    client_key: str
    wish: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """The same for two requests that tell the same."""
        text = json.dumps(self.wish, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def tell(
    connection: Connection, kind: ObjectKind, external_id: str, fields: Mapping[str, Any]
) -> None:
    """Store what was told of a record, now. PayloadError if it makes no sense. In scope."""
    store(connection, pictures_after(connection, kind, external_id, fields))
    _note_news(connection)


def once(request: RecordRequest, do: Callable[[], UUID]) -> UUID:
    """Tell a record when its key comes first; later ones get the id of the record it told.

    Whoever comes meanwhile waits. RecordKeyMisuseError for another wish; what `do` raises undoes
    the key with the caller's transaction.
    """
    if not request.client_key:
        return do()
    key, is_first = RecordKey.objects.get_or_create(
        pk=ids.derived_id("record", request.tenant_id, request.credential, request.client_key),
        defaults={
            "tenant_id": request.tenant_id,
            "fingerprint": request.fingerprint,
            "created_at": clock.now(),
        },
    )
    if is_first:
        key.object_id = do()
        key.save(update_fields=["object_id"])
    elif key.fingerprint != request.fingerprint:
        raise RecordKeyMisuseError(
            _("This key was used for something else. Use a new key for a new record.")
        )
    assert key.object_id is not None  # noqa: S101  written with the key, in one transaction
    return key.object_id


def forget(
    connection: Connection,
    kind: ObjectKind,
    row: Mirrored,
    *,
    named: Mapping[str, Any],
    actor: Actor,
) -> None:
    """Take a record away, `named` by its id. IntentClosedError while an order is open. In scope."""
    if ActionIntent.objects.filter(object_id=row.id, state__in=UNSETTLED).exists():
        raise IntentClosedError(_("An order about this record is not settled yet."))
    found = pictures_after(connection, kind, row.external_id, named)
    store(connection, [replace(found[0], deleted=True)])
    audit.record(
        Verb.RECORD_DELETED,
        actor=actor,
        object_kind=kind.value,
        object_id=row.id,
        details={"id": row.external_id},
    )


def refuse_foreign_keys(connection: Connection, keys: Iterable[str], *, parameter: str) -> None:
    """A key on what an order made settles it, so it must be of one of this connection's orders.

    NoSuchObjectError.
    """
    ids = {key: _intent_in(key) for key in keys}
    wanted = {each for each in ids.values() if each}
    own = ActionIntent.objects.filter(Q(pk__in=wanted), connection=connection)
    if set(own.values_list("pk", flat=True)) != wanted:
        raise NoSuchObjectError(
            _("This idempotency_key is no order of this connection."), parameter=parameter
        )


def _intent_in(key: str) -> UUID | None:
    try:
        return UUID(key[:36])
    except ValueError:
        return None


def _note_news(connection: Connection) -> None:
    now = clock.now()
    if connection.last_event_at is None or now - connection.last_event_at > _HEARD_EVERY:
        Connection.objects.filter(pk=connection.pk).update(last_event_at=now)
