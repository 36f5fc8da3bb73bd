"""The Braintree adapter, file by file."""
