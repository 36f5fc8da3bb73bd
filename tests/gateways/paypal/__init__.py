"""Tests of the PayPal adapter."""
