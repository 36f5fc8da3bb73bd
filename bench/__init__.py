"""Measures the product against named peers and floors: `make bench`, results in results.json."""
