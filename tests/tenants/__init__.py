"""Tests of tenants, members, connections and keys."""
