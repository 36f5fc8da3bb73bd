"""What acts at the gateway: refund, capture, void, cancel.

Each view is three steps outside each other: order, in a transaction of its own; wait for the
outcome in short looks; read the object again and answer.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import Scope
from api.parameters import Nested, body_input
from api.schema import ordering
from api.v1 import known
from api.v1.action_output import outcome
from api.v1.charge_output import charges_json
from api.v1.charges import complete_charges
from api.v1.order_input import (
    AmountInput,
    CancelInput,
    VoidInput,
    client_key,
    money_version,
    parsed_amount,
    reason_code,
)
from api.v1.requesters import requester
from api.v1.shapes import CHARGE_ANSWER, SUBSCRIPTION_ANSWER
from api.v1.subscription_output import subscriptions_json
from api.v1.subscriptions import complete_subscriptions
from api.v1.view import V1View, caller_key
from chargedesk.actions.models import ActionIntent
from chargedesk.actions.requests import ActionRequest
from chargedesk.actions.services import request_action, wait_for_settlement
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, Subscription
from gateways.capabilities import ActionKind

log = structlog.get_logger(__name__)

# A caller waits this long for the outcome; after that it follows the action.
WAIT_S = 10


class MoneyView(V1View):
    """A view whose POST moves money; it enters the tenant's scope itself, twice."""

    scopes = {"POST": Scope.MONEY}


class RefundView(MoneyView):
    """POST /v1/gateway/charges/{charge_id}/refund."""

    @ordering("refundCharge", "Refund a charge", body=AmountInput, answer=CHARGE_ANSWER)
    def post(self, request: Request, charge_id: str) -> Response:
        """Give money back: `amount`, or all that is left."""
        values = body_input(AmountInput, request)
        return _order_on_charge(request, charge_id, ActionKind.REFUND, values)


class CaptureView(MoneyView):
    """POST /v1/gateway/charges/{charge_id}/capture."""

    @ordering("captureCharge", "Capture a charge", body=AmountInput, answer=CHARGE_ANSWER)
    def post(self, request: Request, charge_id: str) -> Response:
        """Take what was authorized: `amount`, or all of it."""
        values = body_input(AmountInput, request)
        return _order_on_charge(request, charge_id, ActionKind.CAPTURE, values)


class VoidView(MoneyView):
    """POST /v1/gateway/charges/{charge_id}/void."""

    @ordering("voidCharge", "Void a charge", body=VoidInput, answer=CHARGE_ANSWER)
    def post(self, request: Request, charge_id: str) -> Response:
        """Give an authorization back, whole."""
        values = body_input(VoidInput, request)
        return _order_on_charge(request, charge_id, ActionKind.VOID, values)


class CancelView(MoneyView):
    """POST /v1/gateway/subscriptions/{subscription_id}/cancel."""

    @ordering(
        "cancelSubscription", "Cancel a subscription", body=CancelInput, answer=SUBSCRIPTION_ANSWER
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        """End it now, or at the end of the paid period."""
        values = body_input(CancelInput, request)
        return ordered_on_subscription(
            request,
            subscription_id,
            ActionKind.CANCEL_SUBSCRIPTION,
            values,
            at_period_end=values["at_period_end"],
        )


class OldRefundView(RefundView):
    """POST /v1/charges/{charge_id}/refund, the older name."""

    schema = None


class OldCancelView(CancelView):
    """POST /v1/subscriptions/{subscription_id}/cancel, the older name."""

    schema = None


def _order_on_charge(
    request: Request, charge_id: str, action: ActionKind, values: Nested
) -> Response:
    key = caller_key(request)
    with scoping.tenant(key.tenant_id):
        found = _charge(charge_id, values.get("gateway_id"))
    wish = wish_of(request, action, found.id, values, amount=parsed_amount(values, found.currency))

    def shown(_intent: ActionIntent) -> dict[str, Any]:
        charge = complete_charges().get(id=found.id)
        return {"charge": charges_json([charge], key)[0]}

    return ordered(wish, shown)


def ordered_on_subscription(
    request: Request, subscription_id: str, action: ActionKind, values: Nested, **more: Any
) -> Response:
    """Order something of a subscription, and answer with it as it then is."""
    key = caller_key(request)
    with scoping.tenant(key.tenant_id):
        found = _subscription(subscription_id, values.get("gateway_id"))
    wish = wish_of(request, action, found.id, values, **more)

    def shown(_intent: ActionIntent) -> dict[str, Any]:
        subscription = complete_subscriptions().get(id=found.id)
        return {"subscription": subscriptions_json([subscription], key)[0]}

    return ordered(wish, shown)


def wish_of(
    request: Request, action: ActionKind, object_id: UUID, values: Nested, **more: Any
) -> ActionRequest:
    """The request for the engine, with the caller's key and what they looked at."""
    return ActionRequest(
        tenant_id=caller_key(request).tenant_id,
        action=action,
        object_id=object_id,
        requester=requester(request),
        client_key=client_key(request),
        money_version=money_version(request),
        reason=reason_code(values),
        note=values.get("log_reason", ""),
        **more,
    )


def ordered(wish: ActionRequest, shown: Callable[[ActionIntent], dict[str, Any]]) -> Response:
    """Order, wait outside any transaction, and answer with the object as it then is.

    Once the order is written its caller hears of it, even if the database goes away meanwhile: a
    5xx would read as “not ordered” (M15).
    """
    intent = request_action(wish)
    try:
        intent = wait_for_settlement(wish.tenant_id, intent.id, seconds=WAIT_S)
        with scoping.tenant(wish.tenant_id):
            return outcome(intent, shown(intent))
    except DatabaseError:
        log.exception("order_not_shown", intent=str(intent.id))
        return outcome(intent, {})


def _charge(charge_id: str, gateway_id: UUID | None) -> Charge:
    return known.by_either_id(complete_charges(), charge_id, gateway_id)


def _subscription(subscription_id: str, gateway_id: UUID | None) -> Subscription:
    return known.by_external_id(complete_subscriptions(), subscription_id, gateway_id)
