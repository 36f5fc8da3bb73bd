"""S3: a warning of fraud in the alert strip, with what to do about it while it helps."""

import html
import re
import time

from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, FraudWarning, GatewayCustomer
from gateways.snapshots import ObjectKind
from tests.sidebar.desk import Desk, Panel, new_agent


def warn(desk: Desk, charge: Charge) -> None:
    desk.shop.account.act(charge.external_id, "fraud_warning")
    desk.shop.sync(ObjectKind.FRAUD_WARNING)


def later(desk: Desk, charge: Charge, do: str, **order: int) -> None:
    """Let somebody do this in another second: two pictures of one second are a tie."""
    time.sleep(1.1)
    desk.shop.account.act(charge.external_id, do, **order)


def alerts(panel: Panel) -> list[tuple[str, str]]:
    """Tone and words of each alert, as the agent reads them."""
    found = re.findall(r'<p class="alert (\w+)">.*?</svg>(.*?)</p>', panel.get("card").text)
    return [(tone, html.unescape(text).replace("\u00a0", " ")) for tone, text in found]


def written(charge: Charge) -> str:
    return f"EUR {charge.amount_minor / 100:.2f}"


def test_the_strip_says_what_to_do(desk: Desk, panel: Panel, charge: Charge) -> None:
    assert alerts(panel) == []
    warn(desk, charge)
    ((tone, text),) = alerts(panel)
    assert tone == "bad"
    assert text.startswith(f"Fraud warning over {written(charge)}")
    assert text.endswith("Refund it before it becomes a dispute.")


def test_a_part_that_went_back_leaves_the_rest_to_do(
    desk: Desk, panel: Panel, charge: Charge
) -> None:
    warn(desk, charge)
    later(desk, charge, "dashboard_refund", amount=100)
    desk.shop.sync(ObjectKind.REFUND)
    ((_tone, text),) = alerts(panel)
    rest = f"EUR {(charge.amount_minor - 100) / 100:.2f}"
    assert text.endswith(f"Refund the remaining {rest} before it becomes a dispute.")


def test_a_hold_is_released(desk: Desk, panel: Panel, charge: Charge) -> None:
    """There is nothing to refund yet; once it is released, nothing is left to do."""
    assert charge.gateway_customer_id
    with scoping.tenant(desk.shop.tenant.id):
        customer = GatewayCustomer.objects.get(pk=charge.gateway_customer_id).external_id
    made = desk.shop.account.make("charge", outcome="uncaptured", amount=3000, customer=customer)
    desk.shop.sync()
    held = desk.shop.charge(made["id"])
    warn(desk, held)
    ((tone, text),) = alerts(panel)
    assert tone == "bad"
    assert text.endswith(
        "reported this payment as fraud. Release the hold instead of capturing it."
    )
    later(desk, held, "cancel")
    desk.shop.sync()
    assert alerts(panel) == [
        ("neutral", f"Fraud warning over {written(held)}: nothing is left to do.")
    ]


def test_an_ordered_refund_is_not_asked_for_again(desk: Desk, panel: Panel, charge: Charge) -> None:
    warn(desk, charge)
    desk.shop.place(charge)
    ((tone, text),) = alerts(panel)
    assert (tone, text) == (
        "warning",
        f"Fraud warning over {written(charge)}: its refund is on its way.",
    )


def test_once_refunded_nothing_is_left_to_do_before_the_gateway_says_so(
    desk: Desk, panel: Panel, charge: Charge
) -> None:
    """The refund's news is here, the warning's is not."""
    warn(desk, charge)
    later(desk, charge, "dashboard_refund")
    desk.shop.sync()
    desk.shop.sync_refunds()
    assert alerts(panel) == [
        ("neutral", f"Fraud warning over {written(charge)}: refunded, nothing is left to do.")
    ]


def test_a_dispute_is_told_first_and_ends_the_advice(
    desk: Desk, panel: Panel, charge: Charge
) -> None:
    warn(desk, charge)
    later(desk, charge, "dispute")
    desk.shop.sync(ObjectKind.DISPUTE)
    first, second = alerts(panel)
    assert first[1].startswith("Open dispute over")
    assert second[0] == "neutral"
    assert second[1].endswith("it came to a dispute, which a refund no longer avoids.")


def test_what_the_gateway_calls_over_is_over(desk: Desk, panel: Panel, charge: Charge) -> None:
    """For a reason that we do not see."""
    warn(desk, charge)
    with scoping.tenant(desk.shop.tenant.id):
        FraudWarning.objects.update(is_actionable=False)
    assert alerts(panel) == [
        ("neutral", f"Fraud warning over {written(charge)}: nothing is left to do.")
    ]


def test_an_open_panel_hears_of_it(desk: Desk, panel: Panel, charge: Charge) -> None:
    """The card has changed, so it is sent again."""
    seen = re.search(r'data-version="([0-9a-f]+)"', panel.get("card").text)
    assert seen
    warn(desk, charge)
    assert panel.get("card", seen=seen[1]).status == 200


def test_italian_agents_read_it_in_italian(desk: Desk, charge: Charge) -> None:
    warn(desk, charge)
    panel = desk.open(new_agent(desk.shop), desk.customer(), language="it")
    ((_tone, text),) = alerts(panel)
    assert "Avviso di frode" in text
    assert re.search(r"[0-9],[0-9]{2} EUR", text)
