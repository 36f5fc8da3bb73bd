"""Tests of the custom integration, driven against the sandbox's own billing system."""
