"""Sends frozen steps, and reads what decides about them before."""

import time
from datetime import datetime

from chargedesk.kit import clock
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, FrozenStep, Order, Outcome
from gateways.errors import (
    AlreadyDoneError,
    GatewayError,
    NotFoundError,
    OutcomeUnknownError,
    PayloadError,
    UnavailableError,
)
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.answered import answered
from gateways.stripe.client import Method, call
from gateways.stripe.looking import refunds_of
from gateways.stripe.mapping import snapshot
from gateways.stripe.mapping.shape import MISSHAPEN, refusing_misshapen
from gateways.stripe.outcomes import outcome_of
from gateways.stripe.reading import charge_with_belongings, disputes_of, fetch, read
from gateways.stripe.subjects import subject


def send(
    credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
) -> Outcome:
    """Make one call, once.

    A 2xx that does not show a known outcome is an OutcomeUnknownError (M5).
    """
    left = (deadline - clock.now()).total_seconds()
    if left <= 0:
        raise UnavailableError("The time for this order has passed; nothing was sent.")
    try:
        answer = call(
            credentials,
            Method[step.method],
            step.path,
            params=step.body,
            deadline=time.monotonic() + left,
            key=step.key(order.intent_id),
        )
    except NotFoundError as error:
        if order.action is ActionKind.UPDATE_TAX_DETAILS and step.method == Method.DELETE.name:
            # It was to go, and is gone.
            return Outcome(state="succeeded", object_id=order.target_id)
        raise _refused(step, error) from error
    try:
        obj = answer.object()
        outcome = outcome_of(
            order, obj, snapshots=answered(obj, answer), is_replay=answer.is_replay
        )
    except (PayloadError, UnavailableError, *MISSHAPEN) as error:
        raise OutcomeUnknownError(
            "Stripe's answer shows no outcome.", request_id=answer.request_id
        ) from error
    if outcome is None:
        raise OutcomeUnknownError(
            "Stripe's answer shows no known status.", request_id=answer.request_id
        )
    return outcome


def _refused(step: FrozenStep, error: NotFoundError) -> GatewayError:
    """Stripe answers the canceling of a canceled subscription as if there were none."""
    if step.method != Method.DELETE.name:
        return error
    return AlreadyDoneError(
        "Stripe has no such subscription to cancel, or it was canceled already.",
        provider_code=error.provider_code,
        provider_message=error.provider_message,
        request_id=error.request_id,
        is_replay=error.is_replay,
    )


@refusing_misshapen
def read_before_money(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """Charge, root, refunds and disputes of a refund; otherwise what the order is about (M18)."""
    if order.action is not ActionKind.REFUND:
        kind, external_id = subject(order)
        return read(credentials, kind, external_id)
    if not order.target_id.startswith("pi_"):
        obj, answer = fetch(credentials, ObjectKind.CHARGE, order.target_id)
        return charge_with_belongings(credentials, obj, answer, looks_for_disputes=True)
    found = read(credentials, ObjectKind.PAYMENT, order.target_id)
    refunds = refunds_of(credentials, order)
    disputes = [each for one in found[1:2] for each in disputes_of(credentials, one.external_id)]
    return (*found[:2], *(snapshot(obj, seen) for obj, seen in refunds + disputes))
