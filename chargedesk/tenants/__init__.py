"""Users, tenants, members, roles, limits, connections with encrypted credentials, API keys."""
