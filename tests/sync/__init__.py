"""Tests of money news: the inbox, backfill, polling, reconciliation."""
