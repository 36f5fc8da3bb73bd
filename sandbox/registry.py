"""The providers this program can play: one folder each."""

from sandbox.paypal import PayPalProvider
from sandbox.provider import Provider
from sandbox.stripe import StripeProvider


def all_providers() -> dict[str, Provider]:
    """Make one instance of each provider, by the first segment of its paths."""
    providers: list[Provider] = [PayPalProvider(), StripeProvider()]
    return {provider.name: provider for provider in providers}
