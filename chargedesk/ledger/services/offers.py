"""The doors for what is sold: products, prices, coupons; one statement each."""

from collections.abc import Sequence
from typing import Any

from chargedesk.ledger.models import Coupon, ObjectName, Price, Product
from chargedesk.ledger.services.documents import Row, RowIds
from chargedesk.ledger.services.mirror import Mirror
from chargedesk.ledger.services.recorded import Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import CouponSnapshot, ObjectKind, PriceSnapshot, ProductSnapshot


def record_products(connection: Connection, snapshots: Sequence[ProductSnapshot]) -> Recorded:
    """Store a batch of products."""
    return _PRODUCTS.record(connection, snapshots)[0]


def record_prices(connection: Connection, snapshots: Sequence[PriceSnapshot]) -> Recorded:
    """Store a batch of prices."""
    return _PRICES.record(connection, snapshots)[0]


def record_coupons(connection: Connection, snapshots: Sequence[CouponSnapshot]) -> Recorded:
    """Store a batch of coupons."""
    return _COUPONS.record(connection, snapshots)[0]


def _product_of(row: Row, snapshot: Any, ids: RowIds) -> None:
    row["product_id"] = ids.of(ObjectKind.PRODUCT, snapshot.product_id)


_PRODUCTS = Mirror(model=Product, kind=ObjectKind.PRODUCT, change=ObjectName.PRODUCT)
_PRICES = Mirror(
    model=Price,
    kind=ObjectKind.PRICE,
    change=ObjectName.PRICE,
    linked=("product_id",),
    links=_product_of,
)
_COUPONS = Mirror(model=Coupon, kind=ObjectKind.COUPON, change=ObjectName.COUPON)
