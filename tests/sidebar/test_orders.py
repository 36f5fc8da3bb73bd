"""R1 to R6, R9, R12 to R14: the dialog, its checks, and what an order becomes."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from audit.models import AuditEvent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge
from chargedesk.tenants.models import RoleLimit
from tests.sidebar.desk import Desk, Panel, new_agent


def _intents(desk: Desk) -> list[ActionIntent]:
    with scoping.tenant(desk.shop.tenant.id):
        return list(ActionIntent.objects.all())


def test_dialog_tells_everything_before_anything_happens(
    desk: Desk, panel: Panel, charge: Charge
) -> None:
    """R1, R2, R4: a live reading, the figures, the whole amount preset, the deed on the button."""
    before = len(desk.shop.account.calls())
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    assert len(desk.shop.account.calls()) > before
    whole = f"{Decimal(charge.amount_minor) / 100:.2f}"
    assert dialog.value("amount") == whole
    assert "Refundable now" in dialog.text
    assert "goes back to" in dialog.text
    assert f">Refund EUR\u00a0{whole}</button>" in dialog.text
    assert not _intents(desk)


def test_button_follows_the_amount(panel: Panel, charge: Charge) -> None:
    """R4: what is typed, or why it cannot be."""
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    wish = panel.wish(dialog, amount="2.50")
    assert 'data-button="Refund EUR\u00a02.50"' in panel.post("outcome", **wish).text
    unclear = panel.post("outcome", **panel.wish(dialog, amount="1,234"))
    assert "Write the amount like 1,234.50" in unclear.text
    assert 'data-possible="no"' in unclear.text
    too_much = panel.post("outcome", **panel.wish(dialog, amount="99999.00"))
    assert "At most" in too_much.text
    assert 'data-possible="no"' in too_much.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "1e3"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "10.001"}, "amount"),
        ({"amount": "99999.00"}, "amount"),
        ({"reason": ""}, "reason"),
        ({"reason": "because"}, "reason"),
        ({"reason": "other", "note": " "}, "note"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_bad_fields_come_back_with_what_was_typed(
    desk: Desk, panel: Panel, charge: Charge, changes: dict[str, str], field: str
) -> None:
    """X3, R3: a summary with a link, the field marked, the same operation, nothing written."""
    answer = panel.refund(charge.id, **changes)
    assert answer.status == 422
    assert f'href="#field-{field}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    if "amount" in changes:
        assert answer.value("amount") == changes["amount"]
    assert not _intents(desk)


def test_one_dialog_is_one_order(desk: Desk, panel: Panel, charge: Charge) -> None:
    """R5: a double click and a retry meet the same order."""
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    wish = panel.wish(dialog, amount="1.00")
    first, second = panel.post("orders", **wish), panel.post("orders", **wish)
    assert first.status == second.status == 200
    assert first.intent_id == second.intent_id
    assert len(_intents(desk)) == 1


@pytest.mark.parametrize("changed", [{"amount": "2.00"}, {"note": "Broken zip"}])
def test_a_retry_that_says_something_else_shows_the_order_there_is(
    desk: Desk, panel: Panel, charge: Charge, changed: dict[str, str]
) -> None:
    """R5: the first answer may have got lost; nobody may read that nothing was done."""
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    first = panel.post("orders", **panel.wish(dialog, amount="1.00"))
    again = panel.post("orders", **panel.wish(dialog, **{"amount": "1.00", **changed}))
    assert (again.status, again.intent_id) == (200, first.intent_id)
    assert "What you changed afterwards was not ordered." in again.text
    assert len(_intents(desk)) == 1


def test_order_carries_ticket_agent_and_reason(desk: Desk, panel: Panel, charge: Charge) -> None:
    """R14: who, on behalf of which ticket, why, from where."""
    panel.refund(charge.id, amount="1.00", reason="other", note="broken zip")
    (intent,) = _intents(desk)
    assert intent.on_behalf_of == "generic:7"
    assert (intent.reason, intent.note, intent.amount_minor) == ("other", "broken zip", 100)
    with scoping.tenant(desk.shop.tenant.id):
        entry = AuditEvent.objects.get(verb="action.requested")
    assert entry.on_behalf_of == "generic:7"
    assert entry.ip == "127.0.0.1"


def test_second_agent_sees_who_is_at_it(desk: Desk, panel: Panel, charge: Charge) -> None:
    """R5, M14: on the card, in the dialog, and an order from an older page is stopped."""
    other = desk.open(new_agent(desk.shop, name="Bruno"), desk.customer())
    older = other.get("dialog", action="refund", object=str(charge.id))
    panel.refund(charge.id, amount="1.00")
    assert "Being refunded by Anna" in other.get("card").text
    stopped = other.post("orders", **other.wish(older, amount="1.00"))
    assert stopped.status == 409
    assert "Anna" in stopped.text
    assert len(_intents(desk)) == 1


def test_a_weak_match_asks_before_money_moves(desk: Desk, charge: Charge) -> None:
    """An unverified address: the dialog asks for a confirmation, and the server insists on it."""
    panel = desk.open(new_agent(desk.shop), desk.customer(is_verified=False))
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    assert "This match is weak" in dialog.text
    refused = panel.post("orders", **panel.wish(dialog, amount="1.00", confirmed=""))
    assert refused.status == 422
    assert not _intents(desk)
    assert panel.post("orders", **panel.wish(dialog, amount="1.00")).status == 200


def test_undo_takes_the_order_back(desk: Desk, panel: Panel, charge: Charge) -> None:
    """R9: while it is scheduled; nothing was sent."""
    result = panel.refund(charge.id, amount="1.00")
    assert "Undo" in result.text
    taken = panel.post(f"orders/{result.intent_id}/take-back")
    assert "Taken back before it was sent" in taken.text
    (intent,) = _intents(desk)
    assert intent.state == IntentState.CANCELED
    assert not desk.shop.refunds_made()
    late = panel.post(f"orders/{result.intent_id}/take-back")
    assert "too late" in late.text


def test_nobody_follows_another_agents_order(desk: Desk, panel: Panel, charge: Charge) -> None:
    """An order is its requester's; to others it does not exist."""
    result = panel.refund(charge.id, amount="1.00")
    other = desk.open(new_agent(desk.shop), desk.customer())
    assert other.get(f"orders/{result.intent_id}").status == 404
    assert other.post(f"orders/{result.intent_id}/take-back").status == 404


def test_unknown_is_never_shown_as_failed(desk: Desk, panel: Panel, charge: Charge) -> None:
    """R6: honest words, and it is followed."""
    result = panel.refund(charge.id, amount="1.00")
    with scoping.tenant(desk.shop.tenant.id):
        ActionIntent.objects.filter(pk=result.intent_id).update(state=IntentState.UNKNOWN)
    text = panel.get(f"orders/{result.intent_id}").text
    assert "Unknown, checking with the gateway" in text
    assert "may have happened" in text
    assert "No money was moved" not in text
    assert "hx-trigger" in text


def test_a_disputed_charge_is_not_refunded(desk: Desk, panel: Panel, charge: Charge) -> None:
    """R12: the reason stands in the dialog, the button is off, the server refuses."""
    desk.shop.account.act(charge.external_id, "dispute")
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    assert "bank has already pulled this money back" in dialog.text
    assert re.search(r"data-submit[^>]* disabled", dialog.text)
    refused = panel.post("orders", **panel.wish(dialog, amount="1.00"))
    assert refused.status in (409, 422)
    assert not _intents(desk)


def test_changed_outside_is_shown_before_it_counts(
    desk: Desk, panel: Panel, charge: Charge
) -> None:
    """R2: refunded in the provider's own dashboard meanwhile; the new figures are shown."""
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    desk.shop.account.act(charge.external_id, "dashboard_refund", amount=100)
    fresh = panel.get("dialog", action="refund", object=str(charge.id))
    assert "Already refunded" in fresh.text
    stopped = panel.post("orders", **panel.wish(dialog, amount="1.00"))
    assert stopped.status == 409
    assert "has changed since you opened it" in stopped.text
    # A reading within the same second may count once more; the page that was stopped is older.
    assert int(stopped.value("money_version")) >= int(fresh.value("money_version"))
    assert not _intents(desk)


def test_no_live_answer_opens_with_the_button_off(desk: Desk, panel: Panel, charge: Charge) -> None:
    """S14, R2: reading works, writing does not, and the reason is told."""
    desk.shop.account.fault("error_500", times=20, method="GET")
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    assert dialog.status == 200
    assert f"{desk.shop.connection.label} does not answer" in dialog.text
    assert re.search(r"data-submit[^>]* disabled", dialog.text)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (
            {"action_minor": 500, "day_minor": 9000, "customer_day_minor": 4000},
            "Without approval you can refund EUR\u00a05.00 at once and EUR\u00a039.00 today.",
        ),
        (
            {"action_minor": 8950, "day_minor": 9000, "customer_day_minor": None},
            "You can still refund EUR\u00a089.00 today without approval.",
        ),
        (
            {"action_minor": 500, "day_minor": None, "customer_day_minor": None},
            "You can refund EUR\u00a05.00 at once without approval.",
        ),
        ({"action_minor": 500, "day_minor": 50, "customer_day_minor": None}, "EUR\u00a00.00 today"),
    ],
)
def test_the_dialog_tells_what_needs_no_approval(
    desk: Desk, panel: Panel, charge: Charge, limits: dict[str, int | None], told: str
) -> None:
    """R7: the narrowest of the limits, with EUR 1.00 of this customer refunded before."""
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    panel.post("orders", **panel.wish(dialog, amount="1.00"))
    (intent,) = _intents(desk)
    desk.shop.send(intent)
    with scoping.tenant(desk.shop.tenant.id):
        RoleLimit.objects.filter(role="agent", currency="EUR").update(**limits)
    assert told in panel.get("dialog", action="refund", object=str(charge.id)).text


def test_a_payment_too_old_for_the_role_names_no_free_amount(
    desk: Desk, panel: Panel, charge: Charge
) -> None:
    """R7: whatever the amount, a second person is asked."""
    with scoping.tenant(desk.shop.tenant.id):
        RoleLimit.objects.filter(role="agent", currency="EUR").update(charge_age_days=1)
        Charge.objects.filter(pk=charge.pk).update(occurred_at=clock.now() - timedelta(days=3))
    shown = panel.get("dialog", action="refund", object=str(charge.id)).text
    assert "older than your role may handle alone. A second person will be asked" in shown
    assert "without approval" not in shown.lower()


def test_what_needs_no_approval_is_not_said_to_need_it(
    desk: Desk, panel: Panel, charge: Charge
) -> None:
    """R7: all of it is over the limit, the part that is typed is not, and is sent at once."""
    with scoping.tenant(desk.shop.tenant.id):
        RoleLimit.objects.filter(role="agent", currency="EUR").update(action_minor=100)
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    whole, part = dialog.text, panel.wish(dialog, amount="1.00")
    told = panel.post("outcome", **part).text
    assert "A second person will be asked" in whole
    assert "A second person" not in re.sub(r'<div class="outcome".*?</div>', "", whole)
    assert "A second person" not in told
    assert 'data-button="Refund EUR' in told
    over = panel.post("outcome", **panel.wish(dialog, amount="1.01")).text
    assert "A second person will be asked" in over
    assert 'data-button="Ask for approval: Refund EUR' in over
    panel.post("orders", **part)
    (intent,) = _intents(desk)
    assert intent.state == IntentState.READY


def test_over_the_limit_asks_for_approval(desk: Desk, panel: Panel, charge: Charge) -> None:
    """R7: no error; the dialog says so before, the result after, and nothing is held or sent."""
    with scoping.tenant(desk.shop.tenant.id):
        RoleLimit.objects.filter(role="agent", currency="EUR").update(action_minor=10)
    dialog = panel.get("dialog", action="refund", object=str(charge.id))
    assert "A second person will be asked" in dialog.text
    assert re.search(r"data-submit[^>]*>Ask for approval: Refund EUR", dialog.text)
    result = panel.post("orders", **panel.wish(dialog, amount="1.00"))
    assert "Waiting for a second person" in result.text
    (intent,) = _intents(desk)
    assert intent.state == IntentState.AWAITING_APPROVAL
