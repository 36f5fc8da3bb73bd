"""A page that shows another picture of the very same moment: the object is read again."""

from datetime import timedelta
from uuid import UUID

import pytest

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge
from chargedesk.sync.models import SyncPhase, SyncRun
from chargedesk.sync.services import backfill, start_connection
from chargedesk.sync.services.leases import take_lease
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.snapshots import ObjectKind
from tests.services.accounts import Account, Control, connect, new_tenant, open_account

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.mark.parametrize("is_readable", [True, False])
def test_tie_is_read_again_or_named(control: Control, *, is_readable: bool) -> None:
    account = open_account(control, customers=1, charges=1)
    connection = connect(account, new_tenant())
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    while backfill.advance(run.tenant_id, run.id, budget_s=60):
        pass
    _disagree_with_the_next_page(connection.tenant_id, account)
    credentials = gateway_credentials(connection)
    page = registry.adapter("stripe").page(credentials, ObjectKind.CHARGE)
    with scoping.tenant(connection.tenant_id):
        Charge.objects.update(as_of=page.snapshots[0].as_of)
        phase = SyncPhase.objects.get(run=run, object_kind="charge")
    if not is_readable:
        account.fault("error_500", times=1, path_regex="/v1/charges/")
    lease = take_lease(run.tenant_id, _again(run))
    assert lease is not None
    with backfill.walking(lease) as walk:
        backfill.store(walk, phase, page)
    with scoping.tenant(connection.tenant_id):
        phase.refresh_from_db()
        charge = Charge.objects.get()
    assert (charge.amount_minor == 2000) is is_readable
    assert (phase.unreadable == list(account.charges)) is not is_readable


def _disagree_with_the_next_page(tenant_id: UUID, account: Account) -> None:
    with scoping.tenant(tenant_id):
        Charge.objects.filter(external_id=account.charges[0]).update(amount_minor=1)


def _again(run: SyncRun) -> UUID:
    with scoping.tenant(run.tenant_id):
        SyncRun.objects.filter(id=run.id).update(
            state="running", lease_until=clock.now() - timedelta(seconds=1)
        )
    return run.id
