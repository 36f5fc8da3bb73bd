"""Web pages for finance and admins: revenue, audit, settings, onboarding, connect returns."""
