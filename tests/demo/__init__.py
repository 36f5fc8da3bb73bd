"""The demo: its companies, its promises, its simulated helpdesk."""
