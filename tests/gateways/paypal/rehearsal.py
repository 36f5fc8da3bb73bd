"""Makes at the sandbox's PayPal what a person makes at the real one before the live tests."""

from tests.contracts.paypal.harness import PayPalHarness


def environment(sandbox_url: str) -> dict[str, str]:
    """What the live tests are told."""
    paypal = PayPalHarness(sandbox_url)
    keys = paypal.credentials().values
    return {
        "PAYPAL_TEST_CLIENT_ID": keys["client_id"],
        "PAYPAL_TEST_SECRET": keys["client_secret"],
        "PAYPAL_TEST_CAPTURE": paypal.make("charge")["id"],
        "PAYPAL_TEST_HOLD_TO_CAPTURE": paypal.make("authorization")["id"],
        "PAYPAL_TEST_HOLD_TO_VOID": paypal.make("authorization")["id"],
        "PAYPAL_TEST_SUBSCRIPTION": paypal.make("subscription")["id"],
        "PAYPAL_TEST_DRAFT_INVOICE": paypal.make("invoice", status="DRAFT")["id"],
    }
