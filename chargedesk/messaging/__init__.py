"""Mail out, replies in, tickets and internal notes in helpdesks."""
