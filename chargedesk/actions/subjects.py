"""What each action is about: one table, so that no other place decides by the kind of action."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _

from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.ledger.locking import locked_root
from chargedesk.ledger.models import (
    Charge,
    GatewayCustomer,
    GatewayInvoice,
    MoneyRoot,
    Subscription,
)
from gateways.capabilities import ActionKind

Thing = Charge | GatewayCustomer | Subscription | GatewayInvoice


class About(StrEnum):
    """The kinds of object an action can be about; the value is the intent's `object_kind`."""

    CHARGE = "charge"
    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"


ABOUT: Mapping[ActionKind, About] = {
    ActionKind.REFUND: About.CHARGE,
    ActionKind.CAPTURE: About.CHARGE,
    ActionKind.VOID: About.CHARGE,
    ActionKind.CHARGE: About.CUSTOMER,
    ActionKind.AUTHORIZE: About.CUSTOMER,
    ActionKind.REQUEST_PAYMENT: About.CUSTOMER,
    ActionKind.CREATE_SUBSCRIPTION: About.CUSTOMER,
    ActionKind.UPDATE_TAX_DETAILS: About.CUSTOMER,
    ActionKind.REQUEST_CARD_UPDATE: About.CUSTOMER,
    ActionKind.USE_PAYMENT_METHOD: About.CUSTOMER,
    ActionKind.CHANGE_SUBSCRIPTION: About.SUBSCRIPTION,
    ActionKind.PAUSE_SUBSCRIPTION: About.SUBSCRIPTION,
    ActionKind.RESUME_SUBSCRIPTION: About.SUBSCRIPTION,
    ActionKind.CANCEL_SUBSCRIPTION: About.SUBSCRIPTION,
    ActionKind.APPLY_COUPON: About.SUBSCRIPTION,
    ActionKind.REMOVE_COUPON: About.SUBSCRIPTION,
    ActionKind.SEND_INVOICE: About.INVOICE,
    ActionKind.VOID_INVOICE: About.INVOICE,
}

# What takes money from a customer: the charge that comes of it carries the order's marker.
TAKES_MONEY = frozenset({ActionKind.CHARGE, ActionKind.AUTHORIZE})
NEEDS_PAYMENT_METHOD = TAKES_MONEY | {
    ActionKind.CREATE_SUBSCRIPTION,
    ActionKind.USE_PAYMENT_METHOD,
}

_MODELS: Mapping[About, type[Thing]] = {
    About.CHARGE: Charge,
    About.CUSTOMER: GatewayCustomer,
    About.SUBSCRIPTION: Subscription,
    About.INVOICE: GatewayInvoice,
}


def find_thing(action: ActionKind, object_id: UUID) -> Thing:
    """The object an action is about, with its connection. NoSuchObjectError."""
    rows = _MODELS[ABOUT[action]].objects.select_related("connection")
    thing: Thing | None = rows.filter(pk=object_id).first()
    if thing is None:
        raise _unknown()
    return thing


def lock_thing(action: ActionKind, object_id: UUID) -> MoneyRoot | None:
    """Lock what the queue of an object is for, and return it if it is a money root (M10).

    Where there is no root, the object's own row keeps two orders from passing each other.
    NoSuchObjectError.
    """
    model = _MODELS[ABOUT[action]]
    if model is not Charge:
        list(model.objects.select_for_update().filter(pk=object_id).values_list("pk"))
        return None
    root_id = Charge.objects.filter(pk=object_id).values_list("root_id", flat=True).first()
    if root_id is None:
        raise _unknown()
    return locked_root(root_id)


def _unknown() -> NoSuchObjectError:
    return NoSuchObjectError(_("There is no such record."))
