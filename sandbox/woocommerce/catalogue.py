"""Products and coupons of a shop."""

from decimal import Decimal

from sandbox.wire import Json
from sandbox.woocommerce.shop import Shop


def add_product(shop: Shop, name: str, price: Decimal, created: int, kind: str = "simple") -> Json:
    """Put a product on the shelf."""
    slug = name.lower().replace(" ", "-")
    return shop.add(
        "product",
        {
            "id": shop.new_id(),
            "created": created,
            "name": name,
            "slug": slug,
            "permalink": f"https://{shop.account}.example/product/{slug}/",
            "type": kind,
            "status": "publish",
            "featured": False,
            "catalog_visibility": "visible",
            "description": f"<p>{name}, made to last.</p>",
            "short_description": "",
            "sku": slug[:12].upper(),
            "price": shop.written(price),
            "regular_price": shop.written(price),
            "sale_price": "",
            "purchasable": True,
            "total_sales": 0,
            "stock_status": "instock",
            "categories": [],
            "meta_data": [],
        },
    )


def add_coupon(shop: Shop, code: str, amount: str, kind: str, created: int) -> Json:
    """Offer a discount; codes are kept in small letters."""
    return shop.add(
        "coupon",
        {
            "id": shop.new_id(),
            "created": created,
            "expires": None,
            "code": code.lower(),
            "amount": shop.written(Decimal(amount)),
            "status": "publish",
            "discount_type": kind,
            "description": "",
            "usage_count": 0,
            "individual_use": False,
            "product_ids": [],
            "usage_limit": None,
            "usage_limit_per_user": None,
            "free_shipping": False,
            "meta_data": [],
        },
    )
