"""The demo, installed only with DEMO=1: a helpdesk simulator, demo tenants, demo.json."""
