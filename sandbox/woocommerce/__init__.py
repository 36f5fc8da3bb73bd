"""Plays WooCommerce shops: all below /woocommerce, told apart by the key that calls."""

from sandbox.woocommerce.provider import WooCommerceProvider

__all__ = ["WooCommerceProvider"]
