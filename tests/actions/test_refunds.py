"""A refund from the order to the settled result, with a real worker and the sandbox."""

import pytest

from chargedesk.actions.models import IntentState
from chargedesk.actions.services import wait_for_settlement
from tests.actions.shop import open_shop
from tests.conftest import Running

pytestmark = pytest.mark.usefixtures("committed_db", "worker")


def test_a_part_refund_reaches_the_provider_once(sandbox: Running) -> None:
    """M1, M11: the amount is sent explicitly, and the root counts it once."""
    shop = open_shop(sandbox.url)
    charge = shop.charge(shop.account.charges[0])

    intent = shop.refund(charge, 300)
    settled = wait_for_settlement(shop.tenant.id, intent.id)

    assert settled.state == IntentState.SUCCEEDED
    assert [call["amount"] for call in shop.refunds_made()] == [300]
    root = shop.root(charge.external_id)
    assert (root.refunds_minor, root.held_minor) == (300, 0)
    assert shop.charge(charge.external_id).refunded_minor == 300
