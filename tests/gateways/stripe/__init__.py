"""The Stripe adapter, file by file."""
