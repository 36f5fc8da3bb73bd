"""The panel's pages: shell, session, card, search, details, dialogs, orders, notes."""
