"""How the contract suite drives a tenant's own system."""
