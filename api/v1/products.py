"""Products: list, look at one; store and change those of one's own system."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import Scope
from api.pagination import PageInput, page_of, window
from api.parameters import TimeRange, body_input, query_input, time_conditions
from api.schema import listing, reading, telling
from api.v1 import formats, known, records
from api.v1.record_input import NewProduct, ProductFields
from api.v1.shapes import PRODUCT
from api.v1.subscription_output import interval_json
from api.v1.view import V1View, in_tenant_scope
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Price, Product
from gateways.snapshots import Interval, ObjectKind


class ProductFilters(PageInput, known.ConnectionInput):
    """What to search products by."""

    created = TimeRange(required=False)


class ProductsView(V1View):
    """GET and POST /v1/products."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    @listing("listProducts", "List products", filters=ProductFilters, row=PRODUCT)
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """Products, newest first."""
        filters = query_input(ProductFilters, request)
        rows = complete_products().filter(
            **known.connection_conditions(filters),
            **time_conditions("occurred_at", filters.get("created")),
        )
        return Response(page_of(rows, window(filters), products_json))

    @telling("createProduct", "Store a product", body=NewProduct, row=PRODUCT)
    @in_tenant_scope
    def post(self, request: Request) -> Response:
        """Store the record of a product that your own system keeps."""
        told = records.create(request, ObjectKind.PRODUCT, body_input(NewProduct, request))
        return Response(_shown(told))


class ProductView(V1View):
    """GET and POST /v1/products/{product_id}."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    @reading("getProduct", "One product", asked=known.ConnectionInput, row=PRODUCT)
    @in_tenant_scope
    def get(self, request: Request, product_id: str) -> Response:
        """One product."""
        asked = query_input(known.ConnectionInput, request)
        row = known.by_external_id(complete_products(), product_id, asked.get("gateway_id"))
        return Response(products_json([row])[0])

    @telling(
        "updateProduct", "Change a stored product", body=ProductFields, row=PRODUCT, may_miss=True
    )
    @in_tenant_scope
    def post(self, request: Request, product_id: str) -> Response:
        """Change some fields of a product that your own system told of."""
        values = body_input(ProductFields, request)
        row = known.by_external_id(complete_products(), product_id, values.get("gateway_id"))
        records.update(request, ObjectKind.PRODUCT, row, values)
        return Response(_shown(row.id))


def _shown(row_id: UUID) -> dict[str, Any]:
    return products_json([complete_products().get(pk=row_id)])[0]


def complete_products() -> QuerySet[Product]:
    """Products, newest first."""
    return Product.objects.filter(is_deleted=False).defer("raw").order_by("-occurred_at", "id")


def products_json(rows: Sequence[Product]) -> list[dict[str, Any]]:
    """Every product as v1 writes it, with the price that is sold now."""
    prices = _current_prices([row.id for row in rows]) if rows else {}
    return [_product_json(row, prices.get(row.id)) for row in rows]


def _current_prices(product_ids: Sequence[UUID]) -> dict[UUID, Price]:
    rows = Price.objects.filter(product_id__in=product_ids, is_deleted=False).defer("raw")
    # The last one wins: the newest among the active ones, if any is.
    ordered = rows.order_by("is_active", "occurred_at", "id")
    return {price.product_id: price for price in ordered if price.product_id}


def _product_json(row: Product, price: Price | None) -> dict[str, Any]:
    return {
        "object": "product",
        "product_id": row.external_id,
        "company": str(row.tenant_id),
        "gateway_id": str(row.connection_id),
        "name": row.name,
        "description": formats.text(row.description),
        "url": formats.text(row.url),
        "support_url": None,
        "status": "active" if row.is_active else "archived",
        **_price_json(price),
        "billing_cycles_total": "0",
        "chargeable": formats.flag(is_set=row.is_active and price is not None),
        "has_agent_log": "0",
        "taxable": 0,
        "charges": None,
        "first_seen": formats.unix(row.occurred_at),
        "logs": [],
    }


def _price_json(price: Price | None) -> dict[str, Any]:
    currency = price.currency if price else ""
    has_amount = price is not None and price.amount_minor is not None
    money = Money.of(price.amount_minor, currency) if price and has_amount else None
    return {
        "amount": money.plain if money is not None else None,
        "setup_amount": Money.of(0, currency).plain if currency else None,
        "amount_formatted": formats.formatted(money) if money is not None else None,
        "amount_symbol": formats.symbol(currency) if currency else None,
        "currency": formats.text(currency),
        "quantity": "1",
        "trial_period_days": str(price.trial_days if price else 0),
        **interval_json(
            price.interval if price else Interval.ONCE, price.interval_count if price else 1
        ),
    }
