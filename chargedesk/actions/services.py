"""Ordering: a wish becomes an intent or a clear refusal; following it, taking it back."""

import time
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from audit.services import Actor
from audit.verbs import Verb
from chargedesk.actions.acceptance import accept, earlier_order, frozen_order
from chargedesk.actions.database_clock import insist_on_durable_commit
from chargedesk.actions.details import payment_methods, resolved_details
from chargedesk.actions.errors import IntentClosedError
from chargedesk.actions.intents import end_unsent, find_intent, locked_intent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.progress import is_begun
from chargedesk.actions.requests import ActionRequest
from chargedesk.actions.restored import is_made
from chargedesk.actions.settlement import store
from chargedesk.actions.subjects import NEEDS_PAYMENT_METHOD
from chargedesk.actions.targets import Target, find_target
from chargedesk.actions.waking import wake_after_commit
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.locking import totals_agree
from chargedesk.ledger.models import GatewayCustomer
from chargedesk.ledger.purchases import settle_purchases
from chargedesk.tenants.credentials import gateway_credentials
from gateways.capabilities import ActionKind
from gateways.contract import ChangePreview, PreviewsChanges
from gateways.timed import ending_before

# Somebody waits for a preview, and shall hear of a gateway that does not answer long before the
# browser gives up.
PREVIEW_WITHIN_S = 8.0
_LOOK_EVERY_S = 0.1
_ON_ITS_WAY = (IntentState.READY, IntentState.EXECUTING)


def request_action(request: ActionRequest) -> ActionIntent:
    """Turn a wish into an intent, committed before this returns; call it outside any scope.

    The same client key with the same wish and reason returns the same intent; with another one it
    is a KeyMisuseError. Without a key, an identical order returns the one that is open or was
    settled within ten minutes (M15). Raises ActionDeniedError, MoneyChangedError,
    NoSuchObjectError; then nothing was written, held or sent.
    """
    # What was written is answered before anything that could fail: an error would read as “not
    # ordered” (M15).
    with scoping.tenant(request.tenant_id):
        earlier = earlier_order(request)
    return earlier or _ordered(request)


def wait_for_settlement(tenant_id: UUID, intent_id: UUID, *, seconds: float = 10) -> ActionIntent:
    """Follow an intent in short looks that hold no transaction; call it outside any scope.

    Returns it as soon as it is neither scheduled nor being sent, or as it is after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        with scoping.tenant(tenant_id):
            intent = find_intent(intent_id)
        if intent.state not in _ON_ITS_WAY or time.monotonic() >= deadline:
            return intent
        time.sleep(_LOOK_EVERY_S)


def take_back(intent_id: UUID, *, actor: Actor) -> ActionIntent:
    """Cancel an order that was not sent yet (R9). IntentClosedError if it is too late. In scope."""
    intent = locked_intent(intent_id)
    is_waiting = intent.state in (IntentState.READY, IntentState.AWAITING_APPROVAL)
    # An order of several calls may wait between two of them: the first ones have their effect.
    if not is_waiting or is_begun(intent) or is_made(intent):
        raise IntentClosedError(_("It is too late to take this back: it has been sent."))
    end_unsent(intent, IntentState.CANCELED, verb=Verb.ACTION_CANCELED, actor=actor)
    return intent


def refresh_for_preview(tenant_id: UUID, action: ActionKind, object_id: UUID) -> None:
    """Read an object again at the gateway before its preview (R2); outside any scope.

    Raises GatewayError when the gateway does not answer, NoSuchObjectError.
    """
    with scoping.tenant(tenant_id):
        target = find_target(action, object_id)
        if getattr(target.adapter.capabilities, action.value) is None:
            return
        order = frozen_order(target, intent_id=ids.new_id(), amount=None)
        credentials = gateway_credentials(target.connection)
    with ending_before(time.monotonic() + PREVIEW_WITHIN_S):
        snapshots = target.adapter.read_before_money(credentials, order)
    with scoping.tenant(tenant_id):
        store(target.connection, snapshots)


def preview_change(
    tenant_id: UUID, object_id: UUID, details: Mapping[str, Any]
) -> tuple[ChangePreview | None, dict[str, Any]]:
    """What a change of a subscription would cost, asked of the gateway; outside any scope.

    Also the details with nothing left open: order exactly those, so that what was shown is what is
    billed (M1, M14). The preview is None where the gateway gives none. Raises ActionDeniedError for
    details that cannot be, GatewayError.
    """
    action = ActionKind.CHANGE_SUBSCRIPTION
    with scoping.tenant(tenant_id):
        target = find_target(action, object_id)
        resolved = resolved_details(target, details)
        order = frozen_order(target, intent_id=ids.new_id(), amount=None, details=resolved)
        credentials = gateway_credentials(target.connection)
    offered = target.adapter.capabilities.change_subscription
    if offered is None or not offered.previews:
        return None, resolved
    with ending_before(time.monotonic() + PREVIEW_WITHIN_S):
        return cast(PreviewsChanges, target.adapter).preview(credentials, order), resolved


def _ordered(request: ActionRequest) -> ActionIntent:
    # Before money moves on a charge, it is checked against orders and invoices (M10).
    settle_purchases(request.tenant_id, [request.object_id])
    _read_what_decides(request)
    try:
        return _accepted(request)
    except IntegrityError:
        # The same key was written at the same moment for another object: now it can be seen.
        return _accepted(request)


def _accepted(request: ActionRequest) -> ActionIntent:
    with scoping.tenant(request.tenant_id, durable=True):
        insist_on_durable_commit()
        intent, is_new = accept(request)
        if is_new and intent.state == IntentState.READY:
            wake_after_commit(intent.tenant_id, intent.id, seconds=request.requester.undo_seconds)
    return intent


def _read_what_decides(request: ActionRequest) -> None:
    """Read the object again where what is stored is not enough to decide on."""
    with scoping.tenant(request.tenant_id):
        target = find_target(request.action, request.object_id)
        is_enough = _figures_agree(target) and _knows_customer(target, request.details)
    if not is_enough:
        refresh_for_preview(request.tenant_id, request.action, request.object_id)


def _figures_agree(target: Target) -> bool:
    """Whether the provider's total is the sum of our rows (M11)."""
    return target.root is None or totals_agree(target.root)


def _knows_customer(target: Target, details: Mapping[str, Any]) -> bool:
    """Cards on file and tax ids are no part of a gateway's news of a customer: they are read."""
    if target.action is ActionKind.UPDATE_TAX_DETAILS:
        return isinstance(target.thing, GatewayCustomer) and target.thing.tax_ids is not None
    if target.action not in NEEDS_PAYMENT_METHOD:
        return True
    known = {each.external_id for each in payment_methods(target)}
    wanted = details.get("payment_method")
    return wanted in known if wanted else bool(known) or not target.chooses_card
