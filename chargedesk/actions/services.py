"""Ordering: a wish becomes an intent or a clear refusal; following it, taking it back."""

import time
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from audit.services import Actor
from audit.verbs import Verb
from chargedesk.actions.acceptance import accept, frozen_order
from chargedesk.actions.database_clock import insist_on_durable_commit
from chargedesk.actions.errors import IntentClosedError
from chargedesk.actions.intents import end_unsent, find_intent, locked_intent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.requests import ActionRequest
from chargedesk.actions.settlement import store
from chargedesk.actions.targets import find_target
from chargedesk.actions.waking import wake_after_commit
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.locking import totals_agree
from chargedesk.ledger.purchases import settle_purchases
from chargedesk.tenants.credentials import gateway_credentials
from gateways.capabilities import ActionKind

_LOOK_EVERY_S = 0.1
_ON_ITS_WAY = (IntentState.READY, IntentState.EXECUTING)


def request_action(request: ActionRequest) -> ActionIntent:
    """Turn a wish into an intent, committed before this returns; call it outside any scope.

    The same client key with the same wish returns the same intent; with another wish it is a
    KeyMisuseError. Without a key, an identical order returns the one that is open or was settled
    within ten minutes (M15). Raises ActionDeniedError, MoneyChangedError, NoSuchObjectError; then
    nothing was written, held or sent.
    """
    # Before money moves on a charge, it is checked against orders and invoices (M10).
    settle_purchases(request.tenant_id, [request.object_id])
    _agree_on_figures(request)
    try:
        return _accepted(request)
    except IntegrityError:
        # The same key was written at the same moment for another object: now it can be seen.
        return _accepted(request)


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
    if intent.state not in (IntentState.READY, IntentState.AWAITING_APPROVAL):
        raise IntentClosedError(_("It is too late to take this back: it has been sent."))
    end_unsent(intent, IntentState.CANCELED, verb=Verb.ACTION_CANCELED, actor=actor)
    return intent


def refresh_for_preview(tenant_id: UUID, action: ActionKind, object_id: UUID) -> None:
    """Read an object again at the gateway before its preview (R2); outside any scope.

    Raises GatewayError when the gateway does not answer, NoSuchObjectError.
    """
    with scoping.tenant(tenant_id):
        target = find_target(action, object_id)
        order = frozen_order(target, intent_id=ids.new_id(), amount=None)
        credentials = gateway_credentials(target.connection)
    snapshots = target.adapter.read_before_money(credentials, order)
    with scoping.tenant(tenant_id):
        store(target.connection, snapshots)


def _accepted(request: ActionRequest) -> ActionIntent:
    with scoping.tenant(request.tenant_id, durable=True):
        insist_on_durable_commit()
        intent, is_new = accept(request)
        if is_new and intent.state == IntentState.READY:
            wake_after_commit(intent.tenant_id, intent.id, seconds=request.requester.undo_seconds)
    return intent


def _agree_on_figures(request: ActionRequest) -> None:
    """Read the refunds again where the provider's total and our rows differ (M11)."""
    with scoping.tenant(request.tenant_id):
        target = find_target(request.action, request.object_id)
        agrees = target.root is None or totals_agree(target.root)
    if not agrees:
        refresh_for_preview(request.tenant_id, request.action, request.object_id)
