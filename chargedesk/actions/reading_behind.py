"""Reads a payment again at the gateway behind the one an order went to (M7)."""

from dataclasses import replace

import structlog

from chargedesk.actions.behind import charge_behind
from chargedesk.actions.claims import Claim
from chargedesk.actions.intents import find_intent
from chargedesk.actions.pace import at_the_pace_of, place_of_gateway
from chargedesk.actions.settlement import store
from chargedesk.actions.targets import connection_trouble
from chargedesk.base import scoping
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.ledger.models import Charge
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.contract import Credentials, GatewayAdapter
from gateways.snapshots import AnySnapshot, ChargeSnapshot

log = structlog.get_logger(__name__)


def read_behind(claim: Claim) -> bool:
    """Read what the gateway behind shows of the payment now, and store it. Outside any scope.

    True if it was read, and if what that gateway does not show did not happen there, by its own
    declaration. An order must not wait for it: whatever goes wrong means that it was not read.
    """
    with scoping.tenant(claim.tenant_id):
        inner = charge_behind(find_intent(claim.intent_id))
    if inner is None or connection_trouble(inner.connection):
        return False
    adapter = registry.adapter(inner.connection.provider)
    refund = adapter.capabilities.refund
    try:
        found = _read(claim, inner, adapter, gateway_credentials(inner.connection))
    except ChargeDeskError as error:
        log.warning("gateway_behind_not_read", intent=str(claim.intent_id), error=error.code)
        return False
    with scoping.tenant(claim.tenant_id, durable=True):
        store(inner.connection, found)
        is_stored = any(_is_stored(inner, each) for each in found)
    return is_stored and refund is not None and refund.proof.empty_is_proof


def _is_stored(inner: Charge, read: AnySnapshot) -> bool:
    """Whether the ledger shows the inner charge as it was just read.

    The door leaves out a picture that is no newer than the one it has, and times have whole
    seconds: what was read then, and differs, must not look like nothing (M18).
    """
    if not isinstance(read, ChargeSnapshot) or read.external_id != inner.external_id:
        return False
    inner.refresh_from_db(fields=["status", "captured_minor", "refunded_minor"])
    stored = (inner.status, inner.captured_minor, inner.refunded_minor)
    return stored == (read.status, read.captured_minor, read.refunded_minor)


def _read(
    claim: Claim, inner: Charge, adapter: GatewayAdapter, credentials: Credentials
) -> tuple[AnySnapshot, ...]:
    """As before money moves: the charge, its root and all that went back of it (M18)."""
    order = replace(
        claim.order, target_id=inner.external_id, payment_id=inner.root.external_id, function=None
    )
    with at_the_pace_of(place_of_gateway(inner.connection_id)):
        return adapter.read_before_money(credentials, order)
