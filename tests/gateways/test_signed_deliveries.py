"""Our own webhook, made to try an address with: accepted like the provider's, and about nothing."""

import pytest

from chargedesk.kit import clock
from gateways import registry
from gateways.contract import TEST_EVENT, InboundRequest, SignsDeliveries
from gateways.errors import SignatureError

SIGNERS = [name for name, each in registry.adapters().items() if isinstance(each, SignsDeliveries)]
SECRET = "whsec_" + "s" * 32


def _sent(name: str) -> InboundRequest:
    adapter = registry.adapter(name)
    assert isinstance(adapter, SignsDeliveries)
    now = clock.now()
    made = adapter.signed_delivery(secret=SECRET, name="chargedesk_test_1", at=now)
    return InboundRequest(
        method="POST",
        path=f"/webhooks/{name}/x/",
        query="",
        headers=dict(made.headers),
        body=made.body,
        received_at=now,
    )


def test_somebody_signs() -> None:
    assert "stripe" in SIGNERS


@pytest.mark.parametrize("name", SIGNERS)
def test_it_is_accepted_and_nobody_handles_it(name: str) -> None:
    (event,) = registry.adapter(name).parse_webhook(_sent(name), secrets=["another", SECRET])
    assert (event.type, event.kind, event.snapshot) == (TEST_EVENT, None, None)
    assert event.event_id.endswith("chargedesk_test_1")


@pytest.mark.parametrize("name", SIGNERS)
def test_another_secret_refuses_it(name: str) -> None:
    with pytest.raises(SignatureError):
        registry.adapter(name).parse_webhook(_sent(name), secrets=["another"])
