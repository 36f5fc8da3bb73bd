"""PayPal, as far as it is known: REST below /paypal, the paths of its published documents."""

from sandbox.paypal.provider import PayPalProvider

__all__ = ["PayPalProvider"]
