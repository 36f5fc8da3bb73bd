"""What the shared suites know of a WooCommerce shop."""

from gateways.capabilities import ActionKind
from tests.services.houses import House, Keys, Ways


def _keys(mark: str) -> Keys:
    key, secret = f"ck_{mark}", f"cs_{mark}"
    values = {
        "shop_url": f"https://shop{mark}.example",
        "consumer_key": key,
        "consumer_secret": secret,
    }
    return Keys(f"shop-{mark}", {"key": key, "secret": secret}, values)


HOUSE = House(
    "woocommerce",
    _keys,
    ends_refunds_at_once=True,
    ways=Ways(
        orders={"paused": {"status": "on-hold"}}, makes={ActionKind.REQUEST_PAYMENT: "order"}
    ),
    marks={
        ActionKind.REFUND: (
            "gateways.woocommerce.actions.reason_marker",
            "gateways.woocommerce.mapping.orders.reason_marker",
        ),
    },
)
