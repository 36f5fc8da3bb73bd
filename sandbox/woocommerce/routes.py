"""Every route of /wp-json that the sandbox plays."""

import re
from dataclasses import dataclass

from sandbox.woocommerce import hooks, orders, refunds, subscriptions
from sandbox.woocommerce.errors import no_route
from sandbox.woocommerce.lists import collection
from sandbox.woocommerce.rendering import shown
from sandbox.woocommerce.shop import Handler, Result, Shop
from sandbox.woocommerce.subscriptions import has_plugin

API = "/wc/v3"


@dataclass(frozen=True)
class Route:
    """One route and what answers it."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler


def find(method: str, path: str) -> tuple[Handler, tuple[str, ...]]:
    """What answers a path below /wp-json; WooError if nothing does."""
    for each in ROUTES:
        match = each.pattern.fullmatch(path)
        if match and each.method == method:
            return each.handler, match.groups()
    raise no_route()


def index(shop: Shop, _args: tuple[str, ...]) -> Result:
    """GET /wp-json/: the routes tell which plug-ins are there."""
    routes = [f"{API}/orders", f"{API}/orders/(?P<order_id>[\\d]+)/refunds", f"{API}/products"]
    routes += [f"{API}/subscriptions"] if has_plugin(shop) else []
    routes += [f"{API}/refunds"] if _has_refund_list(shop) else []
    home = f"https://{shop.account}.example"
    return Result(
        {
            "name": shop.setting("name", shop.account),
            "description": "",
            "url": home,
            "home": home,
            "namespaces": ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wp/v2"],
            "routes": {each: {"namespace": "wc/v3", "methods": ["GET"]} for each in routes},
        }
    )


def system_status(shop: Shop, _args: tuple[str, ...]) -> Result:
    """GET /system_status."""
    environment = {
        "version": "10.9.1",
        "wp_version": "7.0.4",
        "home_url": f"https://{shop.account}.example",
        "store_id": f"store-{shop.account}",
    }
    settings = {"currency": shop.currency, "number_of_decimals": shop.decimals}
    return Result({"environment": environment, "settings": settings})


def current_currency(shop: Shop, _args: tuple[str, ...]) -> Result:
    """GET /data/currencies/current."""
    return Result({"code": shop.currency, "name": shop.currency, "symbol": ""})


def refund_list(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /refunds; old shops have no such route (reference A3, unsure since when)."""
    if not _has_refund_list(shop):
        raise no_route()
    return refunds.listed_all(shop, args)


def _has_refund_list(shop: Shop) -> bool:
    return shop.setting("refund_list", "1") == "1"


def _listed(kind: str) -> Handler:
    return lambda shop, _args: collection(shop, kind, shop.all(kind))


def _retrieved(kind: str) -> Handler:
    return lambda shop, args: Result(shown(shop, kind, shop.need(kind, args[0])), ids=args)


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, re.compile(API + path.replace("*", r"(\d+)")), handler)


ROUTES = (
    Route("GET", re.compile("/?"), index),
    _route("GET", "/system_status", system_status),
    _route("GET", "/data/currencies/current", current_currency),
    _route("GET", "/orders", orders.listed),
    _route("POST", "/orders", orders.created),
    _route("GET", "/orders/*", orders.retrieved),
    _route("PUT", "/orders/*", orders.updated),
    _route("GET", "/orders/*/notes", orders.notes),
    _route("GET", "/orders/*/refunds", refunds.listed),
    _route("POST", "/orders/*/refunds", refunds.create),
    _route("GET", "/orders/*/refunds/*", refunds.retrieved),
    Route("GET", re.compile(API + r"/payment_gateways/([\w-]+)"), refunds.plugin),
    _route("GET", "/refunds", refund_list),
    _route("GET", "/customers", _listed("customer")),
    _route("GET", "/customers/*", _retrieved("customer")),
    _route("GET", "/products", _listed("product")),
    _route("GET", "/products/*", _retrieved("product")),
    _route("GET", "/coupons", _listed("coupon")),
    _route("GET", "/coupons/*", _retrieved("coupon")),
    _route("GET", "/subscriptions", subscriptions.listed),
    _route("GET", "/subscriptions/*", subscriptions.retrieved),
    _route("PUT", "/subscriptions/*", subscriptions.updated),
    _route("GET", "/subscriptions/*/orders", subscriptions.orders_of),
    _route("GET", "/webhooks", hooks.listed),
    _route("GET", "/webhooks/*", hooks.retrieved),
    _route("POST", "/webhooks", hooks.created),
    _route("PUT", "/webhooks/*", hooks.updated),
    _route("DELETE", "/webhooks/*", hooks.deleted),
)
