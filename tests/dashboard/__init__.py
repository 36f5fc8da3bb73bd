"""Tests of the dashboard: who may open what, sign-up, keys, connections, looks."""
