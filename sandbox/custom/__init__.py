"""Plays a company's own billing system, which carries orders out at addresses of its own."""

from sandbox.custom.provider import CustomProvider

__all__ = ["CustomProvider"]
