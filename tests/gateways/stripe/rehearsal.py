"""Opens at the sandbox's Stripe what a person opens at the real one before the live tests."""

from tests.contracts.stripe.harness import StripeHarness


def environment(sandbox_url: str) -> dict[str, str]:
    """What the live tests are told: they make all else by themselves."""
    return {"STRIPE_TEST_KEY": StripeHarness(sandbox_url).credentials().values["api_key"]}
