"""Braintree, as far as it is known: XML of API version 6 below /braintree/merchants/<id>."""

from sandbox.braintree.provider import BraintreeProvider

__all__ = ["BraintreeProvider"]
