"""A separate program that behaves like the payment providers over HTTP, without any account."""
