"""How the contract suite drives WooCommerce."""
