"""Records of a tenant's own system, told through `/v1`: where they go, what is refused."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.parameters import Nested
from api.v1.order_input import client_key
from api.v1.record_input import record_fields
from api.v1.requesters import requester
from api.v1.view import caller_key
from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.actions.records import RecordRequest, forget, once, refuse_foreign_keys, tell
from chargedesk.base.errors import InvalidInputError
from chargedesk.kit import ids
from chargedesk.ledger.models import Charge, GatewayCustomer, Product, Subscription
from chargedesk.ledger.models.mirrored import Mirrored, mirrored_id
from chargedesk.tenants.models import Connection
from chargedesk.tenants.selectors import gateway_connections
from gateways import registry
from gateways.snapshots import ObjectKind

_ID_NAMES = {
    ObjectKind.CHARGE: "transaction_id",
    ObjectKind.CUSTOMER: "customer_id",
    ObjectKind.SUBSCRIPTION: "subscription_id",
    ObjectKind.PRODUCT: "product_id",
}
_MODELS: dict[ObjectKind, type[Mirrored]] = {
    ObjectKind.CHARGE: Charge,
    ObjectKind.CUSTOMER: GatewayCustomer,
    ObjectKind.SUBSCRIPTION: Subscription,
    ObjectKind.PRODUCT: Product,
}
_NOBODY = dict.fromkeys(
    ("customer_name", "customer_email", "customer_phone", "customer_username", "customer_country"),
    "",
)
_NO_CUSTOMER = dict.fromkeys(
    (
        *("name", "email", "phone", "username", "country", "customer_company", "website"),
        *("description", "tax_number", "billing_address", "invoice_details"),
    ),
    "",
)


def create(request: Request, kind: ObjectKind, values: Nested) -> UUID:
    """Store a new record and return our id of it; InvalidInputError for an id that exists.

    `duplicate=update` makes it a change. Repeated with its Idempotency-Key it changes nothing and
    returns the id it returned; RecordKeyMisuseError for another body, NoSuchObjectError if that
    record was deleted since.
    """
    asked = _asked(request, {"create": kind.value, **values})
    told = once(asked, lambda: _create(kind, values))
    if asked.client_key and not _exists(kind, told):
        raise NoSuchObjectError(
            _("The record stored with this key is deleted. Use a new key to store it again."),
            parameter="Idempotency-Key",
        )
    return told


def _create(kind: ObjectKind, values: Nested) -> UUID:
    connection = _connection(values)
    fields, name = record_fields(values), _ID_NAMES[kind]
    external_id = str(fields.get(name) or f"ch_{ids.new_id().hex}")
    row_id = mirrored_id(connection.id, kind, external_id)
    if values.get("duplicate") != "update" and _exists(kind, row_id):
        raise InvalidInputError(
            _("This id exists already. Send duplicate=update to change its record."),
            parameter=name,
        )
    _tell(connection, kind, external_id, {**fields, name: external_id})
    return row_id


def update(request: Request, kind: ObjectKind, row: Mirrored, values: Nested) -> None:
    """Change a known record. InvalidInputError for another id, or a gateway's record.

    Repeated with its Idempotency-Key it changes nothing; RecordKeyMisuseError for another body.
    """

    def tell_it() -> UUID:
        connection, name = _told_by_hand(row.connection), _ID_NAMES[kind]
        fields = record_fields(values)
        if fields.setdefault(name, row.external_id) != row.external_id:
            raise InvalidInputError(_("The id of a record stays as it is."), parameter=name)
        _tell(connection, kind, row.external_id, fields)
        return row.id

    once(_asked(request, {"update": str(row.id), **values}), tell_it)


def delete(request: Request, kind: ObjectKind, row: Mirrored) -> None:
    """Take a record away. IntentClosedError while an order about it is open."""
    _forget(request, _told_by_hand(row.connection), kind, row)


def delete_customer(request: Request, row: GatewayCustomer, *, charges: str) -> None:
    """Take a customer away: `1` with its charges, `0` alone, `2` with their names wiped."""
    connection = _told_by_hand(row.connection)
    # In the order in which records are locked everywhere.
    charges_of = Charge.objects.filter(gateway_customer=row, is_deleted=False).order_by("id")
    for charge in charges_of:
        if charges == "1":
            _forget(request, connection, ObjectKind.CHARGE, charge)
        elif charges == "2":
            tell(connection, ObjectKind.CHARGE, charge.external_id, _NOBODY)
    if charges == "2":
        tell(connection, ObjectKind.CUSTOMER, row.external_id, _wiped(row.external_id))
    _forget(request, connection, ObjectKind.CUSTOMER, row)


def deleted(kind: str, name: str, value: str) -> dict[str, Any]:
    """The answer to a deletion."""
    return {"object": kind, name: value, "deleted": True}


def _forget(request: Request, connection: Connection, kind: ObjectKind, row: Mirrored) -> None:
    named = {_ID_NAMES[kind]: row.external_id}
    forget(connection, kind, row, named=named, actor=requester(request).actor)


def _wiped(customer_id: str) -> dict[str, Any]:
    return {**_NO_CUSTOMER, "customer_id": customer_id}


def _tell(
    connection: Connection, kind: ObjectKind, external_id: str, fields: dict[str, Any]
) -> None:
    keys = [
        each["idempotency_key"] for each in fields.get("refunds", ()) if "idempotency_key" in each
    ]
    refuse_foreign_keys(connection, keys, parameter="refunds")
    own = fields.get("idempotency_key")
    refuse_foreign_keys(connection, [own] if own else [], parameter="idempotency_key")
    tell(connection, kind, external_id, fields)


def _connection(values: Nested) -> Connection:
    """Where new records go; InvalidInputError asks for `gateway_id` where that is not clear."""
    usable = gateway_connections().defer("credentials", "webhook_secrets")
    if "gateway_id" in values:
        found = usable.filter(pk=values["gateway_id"]).first()
        if found is None:
            raise InvalidInputError(_("There is no such connection."), parameter="gateway_id")
        return _told_by_hand(found)
    own = [each for each in usable if _is_told(each)]
    if not own:
        raise InvalidInputError(
            _("Connect a custom integration first: records of a gateway are read from it."),
            parameter="gateway_id",
        )
    if len(own) > 1:
        raise InvalidInputError(
            _("There are several custom integrations: say which with gateway_id."),
            parameter="gateway_id",
        )
    return own[0]


def _told_by_hand(connection: Connection) -> Connection:
    if not _is_told(connection):
        raise InvalidInputError(
            _("The records of this connection are read from its gateway: change them there."),
            parameter="gateway_id",
        )
    return connection


def _is_told(connection: Connection) -> bool:
    adapter = registry.adapters().get(connection.provider)
    return adapter is not None and adapter.capabilities.takes_records


def _exists(kind: ObjectKind, row_id: UUID) -> bool:
    if kind is ObjectKind.CUSTOMER:
        # A charge may have named somebody whose record was never told.
        return GatewayCustomer.objects.filter(pk=row_id, is_deleted=False, is_stub=False).exists()
    rows = _MODELS[kind]._default_manager.filter(pk=row_id, is_deleted=False)  # noqa: SLF001  Django's name
    return rows.exists()


def _asked(request: Request, wish: dict[str, Any]) -> RecordRequest:
    by = requester(request)
    return RecordRequest(
        tenant_id=caller_key(request).tenant_id,
        credential=by.credential,
        client_key=client_key(request),
        wish=wish,
    )
