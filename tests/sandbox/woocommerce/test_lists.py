"""Lists: paging, time filters, what they leave out (reference A3)."""

from datetime import UTC, datetime, timedelta

from tests.sandbox.woocommerce.shop import Shop


def test_pages_and_what_counts_them(shop: Shop) -> None:
    # A3: "Headers: X-WP-Total, X-WP-TotalPages", "A page beyond the end gives 200 []".
    first = shop.call("GET", "orders", per_page="2")
    assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("3", "2")
    assert [str(each["id"]) for each in first.json()] == shop.orders[:0:-1]
    assert shop.get("orders", per_page="2", page="9") == []


def test_a_page_has_at_most_a_hundred(shop: Shop) -> None:
    # A3: "1 to 100; 101 gives 400 rest_invalid_param".
    refused = shop.call("GET", "orders", per_page="101")
    assert (refused.status_code, refused.json()["code"]) == (400, "rest_invalid_param")


def test_times_have_no_zone_and_filters_leave_the_moment_out(shop: Shop) -> None:
    # A3: "All *_gmt values have no zone suffix and mean UTC; the ones without are shop-local",
    # "modified_after is exclusive".
    newest = shop.get(f"orders/{shop.orders[-1]}")
    assert newest["date_created"] > newest["date_created_gmt"]
    assert not newest["date_created_gmt"].endswith("Z")
    at = newest["date_modified_gmt"]
    gmt = {"dates_are_gmt": "true"}
    assert shop.get("orders", modified_after=at, **gmt) == []
    before = (datetime.fromisoformat(at).replace(tzinfo=UTC) - timedelta(seconds=1)).strftime(
        "%Y-%m-%dT%H:%M:%S"
    )
    found = shop.get("orders", modified_after=before, **gmt)
    assert [str(each["id"]) for each in found] == [shop.orders[-1]]


def test_what_is_in_the_bin_is_listed_no_more(shop: Shop) -> None:
    # A3: "Trashed orders vanish from lists but GET by id answers 200 with status: trash; forced
    # deletes answer 404".
    shop.act(shop.orders[0], "trash")
    shop.act(shop.orders[1], "delete")
    assert [str(each["id"]) for each in shop.get("orders")] == [shop.orders[2]]
    assert shop.get(f"orders/{shop.orders[0]}")["status"] == "trash"
    gone = shop.call("GET", f"orders/{shop.orders[1]}")
    assert (gone.status_code, gone.json()["code"]) == (
        404,
        "woocommerce_rest_shop_order_invalid_id",
    )


def test_guests_are_no_customers(shop: Shop) -> None:
    # A3: "customer_id = 0; key = lower-cased billing.email. Not findable in /customers".
    order = shop.make("charge", email="Gina@example.net")
    assert (order["customer_id"], order["billing"]["email"]) == (0, "Gina@example.net")
    assert shop.get("customers", email="Gina@example.net", role="all") == []
    assert len(shop.get("customers", role="all")) == 1


def test_fields_can_be_chosen(shop: Shop) -> None:
    # A3: "_fields (big saving)".
    found = shop.get("orders", _fields="id,currency")
    assert found[0] == {"id": int(shop.orders[-1]), "currency": "EUR"}
