"""Helpdesks: one contract, one folder per vendor. Plain Python, no Django."""
