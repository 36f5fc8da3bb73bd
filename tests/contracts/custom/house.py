"""What the shared suites know of a company's own system."""

from chargedesk.tenants.services.functions import function_names
from gateways.capabilities import ActionKind
from tests.services.houses import House, Keys, Ways


def _keys(mark: str) -> Keys:
    # The secret that counts is made when the addresses are given.
    return Keys(f"co_{mark}", {"secret": "none yet"}, {})


def _functions(account: str) -> dict[str, str]:
    return {name: f"/{account}/{name}" for name in function_names("custom")}


HOUSE = House(
    "custom",
    _keys,
    held={"object": "charge", "outcome": "authorized"},
    functions=_functions,
    late=frozenset(ActionKind),
    ways=Ways(
        orders={"paused": {"status": "suspended"}, "discounted": {"coupon": "ten"}},
        sells=lambda _account: {"price": "team"},
        makes={
            ActionKind.CHARGE: "charge",
            ActionKind.AUTHORIZE: "charge",
            # It keeps no record of a page, only that it has made one.
            ActionKind.REQUEST_PAYMENT: "note",
            ActionKind.CREATE_SUBSCRIPTION: "subscription",
        },
        first_minor=0,
    ),
    marks={
        ActionKind.REFUND: (
            "gateways.custom.mapping.payments.marker_in",
            "gateways.custom.actions.marker_in",
        ),
    },
)
