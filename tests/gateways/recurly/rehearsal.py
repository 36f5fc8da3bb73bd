"""Makes at the sandbox's Recurly what a person makes at the real one before the live tests."""

from tests.contracts.recurly.harness import RecurlyHarness


def environment(sandbox_url: str) -> dict[str, str]:
    """What the live tests are told."""
    site = RecurlyHarness(sandbox_url)
    return {
        "RECURLY_TEST_API_KEY": site.credentials().values["api_key"],
        "RECURLY_TEST_ACCOUNT": site.make("customer")["id"],
        "RECURLY_TEST_POOR_ACCOUNT": site.make("customer", last4="0002")["id"],
        "RECURLY_TEST_SETTLED_CHARGE": site.make("charge")["id"],
        "RECURLY_TEST_PLAN": site.make("plan")["id"],
        "RECURLY_TEST_COUPON": site.make("coupon")["id"],
    }
