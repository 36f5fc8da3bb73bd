"""Hosted pages where customers understand, pay and manage their billing."""
