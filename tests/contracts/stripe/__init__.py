"""How the contract suite drives Stripe."""
