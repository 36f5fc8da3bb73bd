"""A combination of settings that would break the lease is named before anything runs (M3)."""

from typing import Any

import pytest

from chargedesk.actions.checks import LEASE_TOO_SHORT, check_lease


@pytest.mark.parametrize(
    ("lease", "call", "margin", "found"),
    [
        (90, 25, 5, []),
        (31, 25, 5, []),
        (30, 25, 5, [LEASE_TOO_SHORT]),
        (90, 90, 5, [LEASE_TOO_SHORT]),
        (90, 25, 0, [LEASE_TOO_SHORT]),
    ],
)
def test_a_lease_outlasts_its_call(
    settings: Any, lease: int, call: int, margin: int, found: list[str]
) -> None:
    settings.ACTION_LEASE_S, settings.ACTION_CALL_S = lease, call
    settings.ACTION_LEASE_MARGIN_S = margin
    assert [message.id for message in check_lease()] == found
