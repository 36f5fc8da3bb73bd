"""Makes at the sandbox's shop what a person makes at a real one before the live tests."""

from tests.contracts.woocommerce.harness import WooCommerceHarness


def environment(sandbox_url: str) -> dict[str, str]:
    """What the live tests are told."""
    shop = WooCommerceHarness(sandbox_url)
    keys, read_keys = shop.credentials().values, shop.limited_credentials().values
    shop.make_charges(3)
    return {
        "WOOCOMMERCE_TEST_SHOP_URL": keys["shop_url"],
        "WOOCOMMERCE_TEST_KEY": keys["consumer_key"],
        "WOOCOMMERCE_TEST_SECRET": keys["consumer_secret"],
        "WOOCOMMERCE_TEST_READ_KEY": read_keys["consumer_key"],
        "WOOCOMMERCE_TEST_READ_SECRET": read_keys["consumer_secret"],
        "WOOCOMMERCE_TEST_ORDER": str(shop.make("charge")["id"]),
        "WOOCOMMERCE_TEST_TRANSFER_ORDER": str(shop.make("charge", method="bacs")["id"]),
        "WOOCOMMERCE_TEST_CUSTOMER": str(shop.make("customer")["id"]),
        "WOOCOMMERCE_TEST_SUBSCRIPTION": str(shop.make("subscription")["id"]),
    }
