"""Tests of the audit log: append-only, and every manipulation is found."""
