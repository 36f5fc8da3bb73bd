"""Who lives in the sandbox: invented people, shared by all providers."""
