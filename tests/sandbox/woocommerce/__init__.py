"""Peculiarities of the sandbox's WooCommerce, each with the reference line it comes from."""
