"""The contract suite at PayPal."""
