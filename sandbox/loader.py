"""Fills the store: at the first start, and again after a reset."""

from collections.abc import Mapping

from sandbox.provider import Provider
from sandbox.store import Store, clear, keep_setting

SEEDED = "seeded_at"


def load_seed(store: Store, providers: Mapping[str, Provider], profile: str, now: float) -> None:
    """Replace everything by the seed, in one transaction."""
    with store.write() as db:
        clear(db)
        for provider in sorted(providers.values(), key=lambda each: each.has_gateways_behind):
            provider.seed(db, profile, now)
        keep_setting(db, name=SEEDED, value=str(now))


def load_seed_once(
    store: Store, providers: Mapping[str, Provider], profile: str, now: float
) -> None:
    """Fill the store unless it has been filled before."""
    if store.setting(SEEDED, "") == "":
        load_seed(store, providers, profile, now)
