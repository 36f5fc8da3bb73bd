"""Tests of the Django ground."""
