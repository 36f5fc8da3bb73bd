"""Commands: verify and export the audit log."""
