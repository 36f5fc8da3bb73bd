"""Links to the providers' own dashboards: in the right mode, below the right account."""

import pytest

from gateways import registry
from gateways.snapshots import ObjectKind


@pytest.mark.parametrize(
    ("gateway", "kind", "account", "is_live", "url"),
    [
        (
            "braintree",
            ObjectKind.CHARGE,
            "m1",
            True,
            "https://www.braintreegateway.com/merchants/m1/transactions/7",
        ),
        (
            "braintree",
            ObjectKind.CUSTOMER,
            "m1",
            False,
            "https://sandbox.braintreegateway.com/merchants/m1/customers/7",
        ),
        (
            "woocommerce",
            ObjectKind.CHARGE,
            "shop.example/store",
            True,
            "https://shop.example/store/wp-admin/post.php?post=7&action=edit",
        ),
        (
            "woocommerce",
            ObjectKind.CUSTOMER,
            "shop.example",
            True,
            "https://shop.example/wp-admin/user-edit.php?user_id=7",
        ),
        ("recurly", ObjectKind.CHARGE, "site1", True, ""),
        ("paypal", ObjectKind.CHARGE, "", True, "https://www.paypal.com/activity/payment/7"),
    ],
)
def test_an_object_has_its_page(
    gateway: str,
    kind: ObjectKind,
    account: str,
    is_live: bool,  # noqa: FBT001
    url: str,
) -> None:
    adapter = registry.adapter(gateway)
    assert adapter.object_url(kind, "7", is_live=is_live, account_id=account) == url


@pytest.mark.parametrize("gateway", ["braintree", "woocommerce"])
def test_nothing_leads_elsewhere(gateway: str) -> None:
    """Neither a guest nor an id with a path in it, nor an account nobody knows."""
    adapter = registry.adapter(gateway)
    for kind in ObjectKind:
        assert adapter.object_url(kind, "7", is_live=True) == ""
        for odd in ("guest:a@example.com", "../evil", "7?x=1"):
            url = adapter.object_url(kind, odd, is_live=True, account_id="a1")
            assert "/../" not in url
            assert "?x=1" not in url
            assert "guest" not in url
