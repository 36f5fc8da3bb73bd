"""Whether an object is as its order wanted it, as the ledger has it after a fresh read."""

from collections.abc import Callable, Mapping

from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, GatewayInvoice, MoneyRoot, Subscription
from gateways.capabilities import ActionKind
from gateways.snapshots import InvoiceStatus, SubscriptionStatus
from tests.crash.town import Firm


def stands(firm: Firm, intent: ActionIntent) -> bool | None:
    """Whether it is so, also of what an order made; None for what leaves nothing to be seen."""
    action = ActionKind(intent.action)
    reader = _READERS.get(action)
    is_hidden = action is ActionKind.SEND_INVOICE and not firm.ways.shows_sending
    if reader is None or is_hidden:
        return None
    with scoping.tenant(firm.tenant.id):
        return reader(intent)


def _is_taken(intent: ActionIntent) -> bool:
    return _has_charge(intent) and _root(intent).captured_minor == intent.amount_minor


def _is_held(intent: ActionIntent) -> bool:
    return _has_charge(intent) and _root(intent).capturable_minor == intent.amount_minor


def _has_charge(intent: ActionIntent) -> bool:
    rows = Charge.objects.select_related("gateway_customer").filter(intent_id=intent.id)
    amount, currency = intent.order["money"]
    made = [(each.amount_minor, each.currency, _owner(each)) for each in rows]
    return made == [(amount, currency, intent.target_id)]


def _root(intent: ActionIntent) -> MoneyRoot:
    """What an order is about, or has made."""
    made = Charge.objects.filter(intent_id=intent.id)
    return MoneyRoot.objects.get(pk=intent.root_id or made.get().root_id)


def _is_begun(intent: ActionIntent) -> bool:
    rows = Subscription.objects.select_related("gateway_customer")
    made = rows.filter(connection_id=intent.connection_id, external_id=intent.result_id).first()
    if made is None:
        return False
    return _has_lines(intent, made) and _owner(made) == intent.target_id


def _owner(row: Charge | Subscription) -> str:
    return row.gateway_customer.external_id if row.gateway_customer else ""


def _is_captured(intent: ActionIntent) -> bool:
    # What is captured is a charge of its own at some, and the same one at others.
    made = Charge.objects.filter(connection_id=intent.connection_id, external_id=intent.result_id)
    roots = {_root(intent), *(each.root for each in made.select_related("root"))}
    captured: int = sum(each.captured_minor for each in roots)
    return _is_free(intent) and captured == intent.amount_minor


def _is_free(intent: ActionIntent) -> bool:
    return bool(_root(intent).capturable_minor == 0)


def _has_ended(intent: ActionIntent) -> bool:
    row = _subscription(intent)
    is_over = row.status in {SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED}
    return is_over or bool(intent.order["at_period_end"] and row.cancels_at_period_end)


def _is_changed(intent: ActionIntent) -> bool:
    return _has_lines(intent, _subscription(intent))


def _has_lines(intent: ActionIntent, row: Subscription) -> bool:
    wanted = intent.order["details"]
    lines = [(line["price_id"], line["quantity"]) for line in row.items]
    return lines == [(wanted["price"], wanted["quantity"])]


def _is_paused(intent: ActionIntent) -> bool:
    return bool(_subscription(intent).pause)


def _is_discounted(intent: ActionIntent) -> bool:
    coupons = [each["coupon_id"] for each in _subscription(intent).discounts]
    return coupons == [intent.order["details"]["coupon"]]


def _subscription(intent: ActionIntent) -> Subscription:
    return Subscription.objects.get(pk=intent.object_id)


def _is_sent(intent: ActionIntent) -> bool:
    return _invoice(intent).status != InvoiceStatus.DRAFT


def _is_void(intent: ActionIntent) -> bool:
    return _invoice(intent).status == InvoiceStatus.VOID


def _invoice(intent: ActionIntent) -> GatewayInvoice:
    return GatewayInvoice.objects.get(pk=intent.object_id)


_READERS: Mapping[ActionKind, Callable[[ActionIntent], bool]] = {
    ActionKind.CHARGE: _is_taken,
    ActionKind.AUTHORIZE: _is_held,
    ActionKind.CREATE_SUBSCRIPTION: _is_begun,
    ActionKind.CAPTURE: _is_captured,
    ActionKind.VOID: _is_free,
    ActionKind.CANCEL_SUBSCRIPTION: _has_ended,
    ActionKind.CHANGE_SUBSCRIPTION: _is_changed,
    ActionKind.PAUSE_SUBSCRIPTION: _is_paused,
    ActionKind.RESUME_SUBSCRIPTION: lambda intent: not _is_paused(intent),
    ActionKind.APPLY_COUPON: _is_discounted,
    ActionKind.REMOVE_COUPON: lambda intent: not _subscription(intent).discounts,
    ActionKind.SEND_INVOICE: _is_sent,
    ActionKind.VOID_INVOICE: _is_void,
}
