"""Whole journeys over real sockets, one file each."""
