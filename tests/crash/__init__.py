"""Kills and freezes real processes at the worst moments, and counts the money afterwards."""
