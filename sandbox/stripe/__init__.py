"""Stripe, as far as it is known: API version 2026-10-28.endive below /stripe/v1."""

from sandbox.stripe.provider import StripeProvider

__all__ = ["StripeProvider"]
