"""Tests of mail and of what is told to helpdesks."""
