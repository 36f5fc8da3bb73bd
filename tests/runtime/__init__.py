"""Tests of the ground: private services, roles, runner, readiness."""
