"""Recurly as the sandbox plays it: API v2021-02-25 under `/recurly`."""

from sandbox.recurly.provider import RecurlyProvider

__all__ = ["RecurlyProvider"]
