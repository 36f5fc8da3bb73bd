"""A shop with a helpdesk beside it; the sandbox is real, and no order is sent by itself."""

import pytest

from chargedesk.base import scoping
from chargedesk.ledger.models import Charge
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop, open_shop
from tests.conftest import Running
from tests.sidebar.desk import Desk, Panel, new_agent, open_desk


@pytest.fixture(autouse=True)
def _alone(no_helping_worker: None) -> None:
    """An order without an undo window wakes a worker, if another file's tests have started one."""


@pytest.fixture
def shop(committed_db: None, sandbox: Running) -> Shop:
    """A tenant with paid charges and their customers."""
    shop = open_shop(sandbox.url)
    page = registry.adapter("stripe").page(
        gateway_credentials(shop.connection), ObjectKind.CUSTOMER
    )
    with scoping.tenant(shop.tenant.id):
        record_snapshots(shop.connection, page.snapshots)
    return shop


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """Its helpdesk, with an undo window of a minute, so that nothing is sent by itself."""
    return open_desk(shop, undo_seconds=60)


@pytest.fixture
def panel(desk: Desk) -> Panel:
    """An agent's panel beside a ticket of a customer known by verified e-mail."""
    return desk.open(new_agent(desk.shop), desk.customer())


@pytest.fixture
def charge(desk: Desk) -> Charge:
    """A paid charge of that customer."""
    with scoping.tenant(desk.shop.tenant.id):
        found = Charge.objects.filter(
            gateway_customer__email=desk.customer()["email"], status="succeeded"
        ).first()
    assert found
    return found
