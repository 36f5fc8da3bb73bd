"""Commands of the ledger, verb first."""
