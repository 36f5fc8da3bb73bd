"""One connection's trouble is its own: no refund waits for gateways that do not answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db.models.functions import Now

from chargedesk.base import scoping
from chargedesk.runtime.processes import wait_until
from chargedesk.sync.models import RunKind, SyncRun
from chargedesk.sync.services.runs import start_connection
from chargedesk.sync.wakeups import POLL_EVENTS, wake
from tests.conftest import Running
from tests.flows.shop import Shop, open_shop

# Much longer than a call to `/v1` waits for its order before it answers 202.
HANGS_S = 20


@pytest.fixture(autouse=True)
def _healthy_again(sandbox: Running) -> Iterator[None]:
    """What hangs for a test must not keep the workers of the next one busy."""
    yield
    requests.delete(f"{sandbox.url}/_control/faults", timeout=30)


def test_a_refund_does_not_wait_for_polls_of_gateways_that_hang(shop: Shop) -> None:
    """As many polls as there are workers for them stand still; the refund goes at once."""
    hanging = [_with_a_history(shop) for _ in range(3)]
    for each in hanging:
        _hang(each)
        _poll(each)
    assert wait_until(lambda: sum(map(_is_read, hanging)) >= 2, timeout_s=60)

    answer = _refund(shop, 0)

    assert (answer.status_code, answer.json()["action"]["state"]) == (200, "succeeded"), answer.text


def test_a_refund_does_not_wait_for_orders_at_a_gateway_that_hangs(shop: Shop) -> None:
    """More orders than there are workers wait for one gateway; another's goes at once."""
    elsewhere = open_shop(shop.web_url, shop.sandbox_url, charges=6)
    _hang(elsewhere)
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(_refund, elsewhere, place) for place in range(6)]
        assert wait_until(lambda: len(elsewhere.audited()) >= 6, timeout_s=60)

        answer = _refund(shop, 0)

        assert [each.result().status_code for each in waiting] == [202] * 6
    assert (answer.status_code, answer.json()["action"]["state"]) == (200, "succeeded"), answer.text


def test_many_orders_of_one_connection_follow_each_other_at_once(shop: Shop) -> None:
    """Those that find no room go when there is some, not at the next sweep only."""
    busy = open_shop(shop.web_url, shop.sandbox_url, charges=6)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda place: _refund(busy, place), range(6)))
    assert {each.status_code for each in answers} <= {200, 202}
    # Nothing sweeps here: an order that nobody asks for would stay where it is.
    assert wait_until(lambda: busy.refunded_minor() == 6 * 100, timeout_s=60)


def _with_a_history(shop: Shop) -> Shop:
    other = open_shop(shop.web_url, shop.sandbox_url, charges=1)
    with scoping.tenant(other.tenant.id):
        start_connection(other.connection.id)
    return other


def _hang(shop: Shop) -> None:
    shop.arm("delay_before_effect", path_regex="", times=1000, delay_s=HANGS_S)


def _poll(shop: Shop) -> None:
    with scoping.tenant(shop.tenant.id):
        run = SyncRun.objects.get(connection=shop.connection, kind=RunKind.INCREMENTAL)
    wake(POLL_EVENTS, tenant_id=shop.tenant.id, subject_id=run.id)


def _is_read(shop: Shop) -> bool:
    """Whether a worker holds a lease on one of its runs."""
    with scoping.tenant(shop.tenant.id):
        return SyncRun.objects.filter(connection=shop.connection, lease_until__gt=Now()).exists()


def _refund(shop: Shop, place: int) -> requests.Response:
    path = f"/gateway/charges/{shop.charges[place]}/refund"
    return shop.post(path, {"amount": "1.00"}, **{"Idempotency-Key": f"order-{place}"})
