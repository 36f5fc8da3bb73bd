"""WooCommerce's adapter, beyond what the contract suite asks of every gateway."""
