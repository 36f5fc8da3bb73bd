"""A separate program that behaves like the payment providers over HTTP, for development, demo and tests."""
