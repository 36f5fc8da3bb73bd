"""Whether the payment plug-in of an order can give money back at all (reference A6, A7)."""

import re

from gateways.contract import Credentials
from gateways.errors import DeclinedError, DeclineReason, GatewayError, NotFoundError
from gateways.snapshots import AnySnapshot, ChargeSnapshot
from gateways.woocommerce.client import get

_REFUNDS = "refunds"
_GONE = "woocommerce_rest_payment_gateway"
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def refuse_unsupported(credentials: Credentials, charge: AnySnapshot) -> None:
    """Refuse before anything is sent what the shop would refuse without asking anybody.

    Its answer would be the 500 of every refusal, which proves nothing (M5). DeclinedError.
    """
    if not isinstance(charge, ChargeSnapshot) or _gives_back(credentials, charge.method_kind):
        return
    paid_by = charge.method_brand or charge.method_kind or "no payment method"
    raise DeclinedError(
        f"The shop cannot give back what was paid by {paid_by}. Pay it back by hand, and write it "
        "down in the shop.",
        reason=DeclineReason.NOT_PERMITTED,
    )


def _gives_back(credentials: Credentials, plugin: str) -> bool:
    """What the shop says of its plug-in; only a clear no is one, else the refund itself will tell.

    Keys may lack the right, shops the route, and a plug-in may break what tells of it.
    """
    if not plugin:
        return False
    if not _NAME.fullmatch(plugin):
        return True
    try:
        told = get(credentials, f"/payment_gateways/{plugin}").object().get("method_supports")
    except NotFoundError as error:
        # Without the plug-in there is nobody to give the money back through.
        return not error.provider_code.startswith(_GONE)
    except GatewayError:
        return True
    return _REFUNDS in told if isinstance(told, list) else True
