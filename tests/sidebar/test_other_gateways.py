"""The dialogs of the gateways that are not Stripe: each opens, and offers what there is only."""

import re

import pytest

from chargedesk.actions.subjects import ABOUT, About
from gateways.capabilities import ActionKind
from tests.actions.elsewhere import Branch, open_branch, orders_elsewhere
from tests.conftest import Running
from tests.sidebar.desk import Answer, new_agent, open_desk

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")


@pytest.fixture
def branch(sandbox: Running, gateway: str) -> Branch:
    """A tenant of its own at that gateway."""
    return open_branch(sandbox.url, gateway)


def _opened(branch: Branch, action: ActionKind) -> Answer:
    order = branch.wish(action)
    desk = open_desk(branch.shop)
    panel = desk.open(new_agent(branch.shop), {"email": "nobody@example.com", "name": "Nobody"})
    return panel.get("dialog", action=action.value, object=str(branch.object_id(order)))


@pytest.mark.parametrize(
    ("gateway", "action"),
    [each for each in orders_elsewhere() if ABOUT[each[1]] is not About.INVOICE],
)
def test_every_dialog_opens(branch: Branch, action: ActionKind) -> None:
    dialog = _opened(branch, action)
    assert dialog.status == 200, dialog.text
    assert "<form" in dialog.text


@pytest.mark.parametrize("gateway", ["recurly"])
def test_a_change_offers_the_ways_of_billing_that_there_are(branch: Branch) -> None:
    dialog = _opened(branch, ActionKind.CHANGE_SUBSCRIPTION)
    field = re.search(r'<select[^>]*name="prorate".*?</select>', dialog.text, re.DOTALL)
    assert field is not None
    assert re.findall(r'<option[^>]*value="(\w+)"', field[0]) == ["now", "none"]
    assert 'name="quantity"' in dialog.text
