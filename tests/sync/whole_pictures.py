"""The whole ledger of a connection, column by column, so that two can be compared byte for byte."""

import zlib
from collections import defaultdict
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model

from chargedesk.base import scoping
from chargedesk.ledger.models import GatewayCustomer, Identifier
from chargedesk.ledger.models.mirrored import Mirrored
from chargedesk.tenants.models import Connection

# Derived from tenant and connection, or the moment of reading, which no two walks share.
_OWN = {"id", "tenant_id", "connection_id", "recorded_at", "as_of"}
_PERSONS = {"customer_id", "home_id"}

Row = dict[str, Any]


def whole_picture(connection: Connection) -> dict[str, list[Row]]:
    """Every mirrored row with all its columns, the links as the provider's ids, and who is whom."""
    with scoping.tenant(connection.tenant_id):
        every = apps.get_models()
        models: list[type[Model]] = [each for each in every if issubclass(each, Mirrored)]
        names = _names(models, connection)
        return {
            **{model.__name__: _rows(model, connection, names) for model in models},
            "Identifier": _identifiers(connection, names),
            "persons": _persons(connection),
        }


def differences(one: Connection, other: Connection) -> list[str]:
    """What of the two pictures is not equal byte for byte: table, object, column, both values."""
    ours, theirs = whole_picture(one), whole_picture(other)
    nothing: Row = {}
    return [
        f"{table} {left.get('external_id', '')} {name}: {left.get(name)!r} and {right.get(name)!r}"
        for table in ours
        for left, right in zip_longest(ours[table], theirs[table], fillvalue=nothing)
        for name in left.keys() | right.keys()
        if left.get(name) != right.get(name)
    ]


def _names(models: list[type[Model]], connection: Connection) -> dict[UUID, str]:
    return {
        row_id: f"{model.__name__} {external_id}"
        for model in models
        for row_id, external_id in model._default_manager.filter(connection=connection).values_list(
            "id", "external_id"
        )
    }


def _rows(model: type[Model], connection: Connection, names: dict[UUID, str]) -> list[Row]:
    found = model._default_manager.filter(connection=connection)
    return [_plain(each, names) for each in found.order_by("external_id").values()]


def _plain(row: Row, names: dict[UUID, str]) -> Row:
    return {
        name: names.get(value, "a row nobody has read")
        if isinstance(value, UUID)
        else _readable(name, value)
        for name, value in row.items()
        if name not in _OWN | _PERSONS
    }


def _readable(name: str, value: Any) -> Any:
    return zlib.decompress(value) if name == "raw" and value else value


def _identifiers(connection: Connection, names: dict[UUID, str]) -> list[Row]:
    found = Identifier.objects.filter(gateway_customer__connection=connection)
    rows = found.values_list("gateway_customer_id", "kind", "value", "source", "is_verified")
    known = sorted((names[who], *what) for who, *what in rows)
    return [{"known by": each} for each in known]


def _persons(connection: Connection) -> list[Row]:
    people: dict[UUID, list[str]] = defaultdict(list)
    rows = GatewayCustomer.objects.filter(connection=connection).order_by("external_id")
    for person, external_id in rows.values_list("customer_id", "external_id"):
        people[person].append(external_id)
    return [{"one person": each} for each in sorted(people.values())]
