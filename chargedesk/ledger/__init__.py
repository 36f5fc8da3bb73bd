"""Stored truth: customers, charges, refunds, subscriptions, holds, the change feed, summaries."""
