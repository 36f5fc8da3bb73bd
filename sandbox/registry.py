"""The providers this program can play: one folder each."""

from sandbox.provider import Provider
from sandbox.recurly import RecurlyProvider
from sandbox.stripe import StripeProvider


def all_providers() -> dict[str, Provider]:
    """Make one instance of each provider, by the first segment of its paths."""
    providers: list[Provider] = [StripeProvider(), RecurlyProvider()]
    return {provider.name: provider for provider in providers}
