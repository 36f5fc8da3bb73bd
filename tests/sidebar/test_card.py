"""S1 to S8: what the card shows, from how few statements, and never from the gateway."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, GatewayCustomer
from chargedesk.tenants.models import Connection, ConnectionState
from tests.sidebar.desk import Desk, Panel, new_agent

NOT_COUNTED = re.compile(r"BEGIN|COMMIT|SAVEPOINT|RELEASE|SELECT set_config", re.IGNORECASE)


def test_card_takes_three_statements_and_no_provider_call(desk: Desk, panel: Panel) -> None:
    """S2: authentication included; setting the tenant and transactions are not counted."""
    panel.get("card")
    before = len(desk.shop.account.calls())
    with CaptureQueriesContext(connection) as queries:
        assert panel.get("card").status == 200
    counted = [each["sql"] for each in queries if not NOT_COUNTED.match(each["sql"])]
    assert len(counted) <= 3, "\n".join(counted)
    assert len(desk.shop.account.calls()) == before


def test_top_block_says_who_and_how_we_know(desk: Desk, panel: Panel) -> None:
    """S3: name, address, match, gateway, totals."""
    customer = desk.customer()
    text = panel.get("card").text
    assert customer["name"] in text
    assert customer["email"] in text
    assert "Matched by verified e-mail" in text
    assert desk.shop.connection.label in text
    assert re.search(r"EUR\u00a0[0-9]", text)


def test_a_claimed_address_is_shown_as_a_claim(desk: Desk) -> None:
    """The grade is told, with a warning."""
    card = desk.open(new_agent(desk.shop), desk.customer(is_verified=False)).get("card")
    assert "Matched by e-mail, not verified" in card.text


def test_charges_have_words_times_and_quiet_actions(panel: Panel) -> None:
    """S4, S6: status as a word with an icon, exact time beside the relative, no primary button."""
    text = panel.get("card").text
    assert re.search(r'<time datetime="[^"]+" title="[^"]+UTC">', text)
    assert 'href="#i-good"/></svg>Paid' in text
    assert 'data-deed="refund"' in text
    assert "primary" not in text


def test_details_open_in_place(panel: Panel, charge: Charge) -> None:
    """S4: gateway id with a copy button."""
    text = panel.get(f"charges/{charge.id}").text
    assert charge.external_id in text
    assert f'data-copy="{charge.external_id}"' in text


def test_hostile_names_stay_text(desk: Desk) -> None:
    """What a customer calls themselves is escaped everywhere."""
    customer = desk.customer()
    with scoping.tenant(desk.shop.tenant.id):
        Charge.objects.filter(gateway_customer__email=customer["email"]).update(
            description='<img src=x onerror="alert(1)">'
        )
        record = GatewayCustomer.objects.get(email=customer["email"])
        record.customer.name = "<script>alert(1)</script>"
        record.customer.save()
    text = desk.open(new_agent(desk.shop), customer).get("card").text
    assert "<script>" not in text
    assert "<img" not in text


def test_italian_agents_read_italian_numbers(desk: Desk) -> None:
    """Money in the agent's way of writing."""
    panel = desk.open(new_agent(desk.shop), desk.customer(), language="it")
    assert re.search(r"[0-9],[0-9]{2}\u00a0EUR", panel.get("card").text)


def test_nobody_found_says_why_and_offers_the_search(desk: Desk) -> None:
    """S7, X5: an empty state with one action."""
    stranger = {"email": "nobody@nowhere.example", "email_verified": True}
    text = desk.open(new_agent(desk.shop), stranger).get("card").text
    assert "No customer found" in text
    assert 'role="search"' in text


def test_search_then_link_makes_an_exact_match(desk: Desk) -> None:
    """S7: found by hand is a guess; linked, the same ticket is exact the next time, and audited."""
    stranger = {"email": "private@mailbox.example", "email_verified": False}
    agent = new_agent(desk.shop)
    panel = desk.open(agent, stranger)
    found = panel.get("search", q=desk.customer()["email"]).text
    customer_id = re.search(r"customer=([0-9a-f-]{36})", found)
    assert customer_id
    by_hand = panel.get("card", customer=customer_id[1]).text
    assert "A guess, found by search" in by_hand
    assert panel.post("link", customer=customer_id[1]).status == 200
    assert "Linked to this person" in desk.open(agent, stranger).get("card").text


@pytest.mark.parametrize("text", ["", "x", "' OR 1=1 --", "%", "\\", "nobody at all", "a" * 500])
def test_searches_that_find_nothing_say_so(panel: Panel, text: str) -> None:
    """Whatever is typed."""
    answer = panel.get("search", q=text)
    assert answer.status == 200
    assert "Nobody found" in answer.text


def test_a_gateway_in_trouble_leaves_reading_and_switches_writing_off(
    desk: Desk, panel: Panel, charge: Charge
) -> None:
    """S14: banner, facts still there, the action with its reason instead of a button."""
    with scoping.tenant(desk.shop.tenant.id):
        Connection.objects.filter(pk=desk.shop.connection.pk).update(state=ConnectionState.PAUSED)
    text = panel.get("card").text
    assert "cannot be reached right now" in text
    assert charge.statement_descriptor in text
    assert "data-deed" not in text
    assert "This gateway is paused." in text


def test_a_gateway_that_falls_silent_is_said_to_be(desk: Desk, panel: Panel) -> None:
    """S14: nothing refuses us, but nothing comes; what is shown may be old, and can be acted on."""
    long_ago = clock.now() - timedelta(hours=2)
    with scoping.tenant(desk.shop.tenant.id):
        Connection.objects.filter(pk=desk.shop.connection.pk).update(
            last_read_at=long_ago, last_event_at=None
        )
    text = panel.get("card").text
    assert "What is shown may be old" in text
    assert "2 hours ago" in text
    assert "data-deed" in text


def test_an_unchanged_card_is_not_sent_twice(panel: Panel) -> None:
    """An open panel asks again and again; nothing new costs no bytes."""
    seen = re.search(r'data-version="([0-9a-f]+)"', panel.get("card").text)
    assert seen
    assert panel.get("card", seen=seen[1]).status == 204


def test_why_is_told_from_stored_facts(panel: Panel, charge: Charge) -> None:
    """S8: amount, what for, the statement text; a way to copy."""
    text = panel.get(f"charges/{charge.id}/why").text
    assert "was charged to your" in text
    assert "data-copy-from" in text


def test_an_unknown_reason_is_said_to_be_unknown(desk: Desk, panel: Panel, charge: Charge) -> None:
    """W3: no guessing."""
    with scoping.tenant(desk.shop.tenant.id):
        Charge.objects.filter(pk=charge.pk).update(description="", invoice_external_id="")
    assert "Our records do not say" in panel.get(f"charges/{charge.id}/why").text
