"""Finds the one object that an id in a path means; whatever is not there is answered alike."""

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from api.parameters import StrictInput
from chargedesk.base.errors import InvalidInputError, UnknownObjectError
from chargedesk.ledger.models.mirrored import Mirrored

Row = TypeVar("Row", bound=Mirrored)
LONGEST_ID = 255


class ConnectionInput(StrictInput):
    """`gateway_id`: which connection, where an id exists in several."""

    gateway_id = serializers.UUIDField(
        required=False, help_text="Connection, where an id is known in several."
    )


def by_external_id(rows: QuerySet[Row], external_id: str, gateway_id: UUID | None) -> Row:
    """The record with this id. UnknownObjectError; InvalidInputError asking for `gateway_id`."""
    if "\x00" in external_id or len(external_id) > LONGEST_ID:
        raise unknown()
    rows = rows.filter(external_id=external_id)
    if gateway_id is not None:
        rows = rows.filter(connection_id=gateway_id)
    found = list(rows[:2])
    if not found:
        raise unknown()
    if len(found) > 1:
        raise InvalidInputError(
            _("Several gateways know this id: say which with gateway_id."), parameter="gateway_id"
        )
    return found[0]


def by_either_id(rows: QuerySet[Row], either_id: str, gateway_id: UUID | None) -> Row:
    """The object with our id or the gateway's."""
    own = as_uuid(either_id)
    if own is not None:
        found = rows.filter(id=own).first()
        if found is not None and gateway_id in (None, found.connection_id):
            return found
    return by_external_id(rows, either_id, gateway_id)


def unknown() -> UnknownObjectError:
    """The answer for every id that is not this tenant's, whoever's it is."""
    return UnknownObjectError(_("There is no such record."))


def as_uuid(text: str) -> UUID | None:
    """The id, None for a text that is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def connection_conditions(values: dict[str, Any]) -> dict[str, Any]:
    """Query conditions of `gateway_id`."""
    return {"connection_id": values["gateway_id"]} if "gateway_id" in values else {}
