"""The cancellation beside a refund takes over no more than the refund's own order does."""

from uuid import uuid4

import pytest

from chargedesk.sidebar.bearer import Bearer
from chargedesk.sidebar.orders import Submitted, also_requested, requested
from chargedesk.sidebar.session import PanelSession
from gateways.capabilities import ActionKind


@pytest.mark.parametrize(("reason", "kept"), [("duplicate", "duplicate"), ("made up", "")])
def test_the_reason_is_checked_like_the_first_order_s(reason: str, kept: str) -> None:
    bearer = Bearer(
        tenant=str(uuid4()),
        connection=str(uuid4()),
        member=str(uuid4()),
        agent_name="Ada",
        agent_email="ada@example.com",
        ticket="",
        language="en",
        ticket_language="en",
        email="",
        is_email_verified=False,
        name="",
        external_id="",
        started=0,
    )
    session = PanelSession(
        bearer=bearer,
        tenant_name="Example",
        zone="UTC",
        language="en",
        tenant_language="en",
        undo_seconds=0,
        money_paused_reason="",
        helpdesk="generic",
        role="agent",
        user_id="",
        agent_name="Ada",
        agent_email="ada@example.com",
        gateways={},
        open_orders={},
    )
    submitted = Submitted(
        action=ActionKind.REFUND, object_id=uuid4(), operation="op-1", reason=reason
    )
    first = requested(submitted, session, amount=None, details={}, ip=None)
    second = also_requested(submitted, session, subscription_id=uuid4(), ip=None)
    assert (first.reason, second.reason) == (kept, kept)
