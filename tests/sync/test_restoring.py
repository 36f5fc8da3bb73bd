"""After a restore nothing is sent until every gateway has been read again (M9)."""

import pytest

from chargedesk.actions.errors import ActionDeniedError
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import RunKind, RunState, SyncRun
from chargedesk.sync.services.restoring import pause_orders, resume_caught_up
from chargedesk.tenants.models import Tenant
from tests.actions.shop import open_shop
from tests.conftest import Running


def test_orders_wait_for_reconciliation(committed_db: None, sandbox: Running) -> None:
    shop = open_shop(sandbox.url)
    charge = shop.charge(shop.account.charges[0])
    pause_orders("Restored from a backup.")
    resume_caught_up()

    with pytest.raises(ActionDeniedError) as refused:
        shop.place(charge, 100)
    assert (refused.value.reason, refused.value.message) == (
        "money_paused",
        "Restored from a backup.",
    )
    with scoping.tenant(shop.tenant.id):
        SyncRun.objects.filter(connection=shop.connection, kind=RunKind.RECONCILIATION).update(
            state=RunState.DONE, finished_at=clock.now()
        )
    resume_caught_up()

    assert shop.place(charge, 100).amount_minor == 100
    Tenant.objects.update(money_paused_reason="", money_paused_at=None)
