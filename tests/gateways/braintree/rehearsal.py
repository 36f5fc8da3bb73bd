"""Makes at the sandbox's Braintree what a person makes at the real one before the live tests."""

from tests.contracts.braintree.harness import BraintreeHarness


def environment(sandbox_url: str) -> dict[str, str]:
    """What the live tests are told."""
    merchant = BraintreeHarness(sandbox_url)
    keys = merchant.credentials().values
    return {
        "BRAINTREE_TEST_MERCHANT_ID": keys["merchant_id"],
        "BRAINTREE_TEST_PUBLIC_KEY": keys["public_key"],
        "BRAINTREE_TEST_PRIVATE_KEY": keys["private_key"],
        "BRAINTREE_TEST_CUSTOMER": merchant.make("customer")["id"],
        "BRAINTREE_TEST_OTHER_CUSTOMER": merchant.make("customer")["id"],
        "BRAINTREE_TEST_PLAN": merchant.make("plan")["id"],
    }
