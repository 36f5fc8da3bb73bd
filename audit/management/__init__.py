"""The audit part's commands."""
