"""Money news in: webhook inbox, backfill with checkpoints, polling, reconciliation."""
