"""How the contract suite drives Recurly."""
