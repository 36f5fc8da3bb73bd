"""Tests of what the measurements promise."""
