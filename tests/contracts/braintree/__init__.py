"""How the contract suite drives Braintree."""
