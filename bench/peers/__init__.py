"""Peers that cannot share our environment: programs of their own, from peers.lock."""
