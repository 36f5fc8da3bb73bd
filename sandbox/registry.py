"""The providers this program can play: one folder each."""

from sandbox.braintree import BraintreeProvider
from sandbox.provider import Provider
from sandbox.stripe import StripeProvider
from sandbox.woocommerce import WooCommerceProvider


def all_providers() -> dict[str, Provider]:
    """Make one instance of each provider, by the first segment of its paths."""
    providers: list[Provider] = [BraintreeProvider(), StripeProvider(), WooCommerceProvider()]
    return {provider.name: provider for provider in providers}
