"""The helpdesk contract, for every folder the registry finds."""
