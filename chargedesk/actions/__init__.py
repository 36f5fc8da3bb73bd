"""Money orders out: policy, intents, execution, settlement, recovery, approvals."""
