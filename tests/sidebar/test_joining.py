"""S7: two people of one e-mail address are offered to be one, joined and parted by whom it says."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import connection as database
from django.db import connections
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.models import Customer, CustomerMerge, GatewayCustomer
from chargedesk.ledger.services import record_customers
from chargedesk.tenants.models import Connection, ConnectionKind, Tenant
from chargedesk.tenants.roles import Role
from tests.actions.shop import open_shop
from tests.conftest import Running
from tests.ledger import pictures
from tests.services.statements import counted
from tests.sidebar.desk import Answer, Desk, Panel, new_agent, open_desk


@dataclass(frozen=True)
class Twins:
    """A customer of the shop, and a person with the same address at another gateway."""

    desk: Desk
    one: UUID
    other: UUID

    def card(self, panel: Panel, **more: str) -> Answer:
        """The card of the one."""
        return panel.get("card", customer=str(self.one), **more)

    def dialog(self, panel: Panel) -> Answer:
        """The dialog that joins them."""
        return panel.get("join", customer=str(self.one), other=str(self.other))

    def join(self, panel: Panel, reason: str = "Told us on the phone") -> Answer:
        """Press the button."""
        return panel.post("join", customer=str(self.one), other=str(self.other), reason=reason)

    def merges(self) -> list[CustomerMerge]:
        """All that were made."""
        with scoping.tenant(self.desk.shop.tenant.id):
            return list(CustomerMerge.objects.order_by("merged_at"))

    def told(self) -> list[AuditEvent]:
        """What the audit log says of groupings."""
        with scoping.tenant(self.desk.shop.tenant.id):
            found = AuditEvent.objects.filter(verb__in=["customer.merged", "customer.separated"])
            return list(found.order_by("seq"))


@pytest.fixture
def twins(desk: Desk) -> Twins:
    """One at Stripe, the other at PayPal."""
    tenant = desk.shop.tenant
    Tenant.objects.filter(pk=tenant.pk).update(groups_by_email=False)
    email = desk.customer()["email"]
    with scoping.tenant(tenant.id):
        elsewhere = Connection.objects.create(
            tenant=tenant,
            kind=ConnectionKind.GATEWAY,
            provider="paypal",
            label="PayPal shop",
            account_id="merchant",
            credentials=b"sealed",
        )
        twin = pictures.customer("payer_1", email=email, name="E. <Twin>")
        record_customers(elsewhere, [twin])
        one = GatewayCustomer.objects.get(connection=desk.shop.connection, email=email)
        other = GatewayCustomer.objects.get(connection=elsewhere)
    return Twins(desk, one.customer_id, other.customer_id)


def test_the_card_asks_in_one_quiet_line(twins: Twins, panel: Panel) -> None:
    """S2: from the same three statements; S6: quiet, and what a customer is called stays text."""
    text = twins.card(panel).text
    with CaptureQueriesContext(database) as queries:
        assert twins.card(panel).status == 200

    assert "Also at PayPal shop: E. &lt;Twin&gt;, " in text
    assert "Same person?" in text
    assert f"other={twins.other}" in text
    assert "primary" not in text
    assert len(counted(queries)) <= 3


def test_nobody_alike_no_line(panel: Panel) -> None:
    text = panel.get("card").text
    assert "Same person?" not in text
    assert "Joined with" not in text


def test_the_dialog_shows_both_and_what_will_happen(twins: Twins, panel: Panel) -> None:
    dialog = twins.dialog(panel)

    assert dialog.status == 200
    assert "E. &lt;Twin&gt;" in dialog.text
    assert twins.desk.customer()["name"] in dialog.text
    assert twins.desk.shop.connection.label in dialog.text
    assert "PayPal shop" in dialog.text
    assert "can be undone" in dialog.text
    assert dialog.value("reason") == "The same e-mail address"
    assert (dialog.value("customer"), dialog.value("other")) == (str(twins.one), str(twins.other))
    assert twins.merges() == []


def test_joined_the_card_shows_both_and_by_whom(twins: Twins, panel: Panel) -> None:
    seen = re.search(r'data-version="([0-9a-f]+)"', twins.card(panel).text)
    assert seen

    answer = twins.join(panel)

    assert answer.status == 200, answer.text
    assert "Joined as one person" in answer.text
    assert answer.headers["HX-Trigger"] == "card-stale"
    card = twins.card(panel, seen=seen[1])
    assert card.status == 200
    assert "Same person?" not in card.text
    assert "Joined with E. &lt;Twin&gt; (PayPal shop)" in card.text
    assert "By Anna, " in card.text
    assert "Undo joining" in card.text
    (entry,) = twins.told()
    assert (entry.verb, entry.actor_label, entry.reason, entry.on_behalf_of) == (
        "customer.merged",
        "Anna",
        "Told us on the phone",
        "generic:7",
    )
    # The ticket's address now means one person.
    assert "Joined with" in panel.get("card").text


def test_undone_they_are_two_again(twins: Twins, panel: Panel) -> None:
    twins.join(panel)
    (merge,) = twins.merges()
    dialog = panel.get(f"join/{merge.id}")
    for known in ("E. &lt;Twin&gt; (PayPal shop)", "Anna", "UTC", "Told us on the phone"):
        assert known in dialog.text

    answer = panel.post(f"join/{merge.id}", reason="A namesake")

    assert "Joining undone" in answer.text
    assert answer.headers["HX-Trigger"] == "card-stale"
    card = twins.card(panel).text
    assert "Same person?" in card
    assert "Joined with" not in card
    assert [(e.verb, e.reason) for e in twins.told()][1:] == [("customer.separated", "A namesake")]
    with scoping.tenant(twins.desk.shop.tenant.id):
        assert Customer.objects.get(id=twins.other).merged_into is None


def test_joined_twice_is_joined_once(twins: Twins, panel: Panel) -> None:
    """A second click, or another agent's: told who did it, and the card is drawn again."""
    ben = twins.desk.open(new_agent(twins.desk.shop, name="Ben"), twins.desk.customer())
    twins.join(panel)

    again = twins.join(ben)

    assert again.status == 200
    assert "They are one person already." in again.text
    assert "By Anna, " in again.text
    assert again.headers["HX-Trigger"] == "card-stale"
    late = twins.dialog(ben)
    assert late.status == 400
    assert "They are one person already. By Anna, " in late.text
    assert late.headers["HX-Trigger"] == "card-stale"
    assert len(twins.merges()) == len(twins.told()) == 1


def test_undone_twice_is_undone_once(twins: Twins, panel: Panel) -> None:
    ben = twins.desk.open(new_agent(twins.desk.shop, name="Ben"), twins.desk.customer())
    twins.join(panel)
    (merge,) = twins.merges()
    panel.post(f"join/{merge.id}")

    again, late = ben.post(f"join/{merge.id}"), ben.get(f"join/{merge.id}")

    for answer in (again, late):
        assert "It is undone already." in answer.text
        assert "By Anna, " in answer.text
        assert answer.headers["HX-Trigger"] == "card-stale"
    assert "Joining undone" in panel.post(f"join/{merge.id}").text
    assert len(twins.told()) == 2


def test_two_agents_at_once(twins: Twins, panel: Panel) -> None:
    """One joins, the other is told; from either card, and likewise to part them."""
    ben = twins.desk.open(new_agent(twins.desk.shop, name="Ben"), twins.desk.customer())
    back = Twins(twins.desk, twins.other, twins.one)

    answers = _at_once(lambda: twins.join(panel), lambda: back.join(ben))

    headlines = sorted(_headline(answer) for answer in answers)
    assert headlines == ["Joined as one person", "They are one person already."]
    (merge,) = twins.merges()
    answers = _at_once(*(lambda p=p: p.post(f"join/{merge.id}") for p in (panel, ben)))
    headlines = sorted(_headline(answer) for answer in answers)
    assert headlines == ["It is undone already.", "Joining undone"]
    assert [entry.verb for entry in twins.told()] == ["customer.merged", "customer.separated"]


def test_what_the_agent_did_not_see_is_not_joined(twins: Twins, panel: Panel) -> None:
    """Meanwhile the other was joined with a third: the agent has seen neither name nor payments."""
    email = twins.desk.customer()["email"]
    with scoping.tenant(twins.desk.shop.tenant.id):
        link = Connection.objects.get(label="PayPal shop")
        record_customers(link, [pictures.customer("payer_2", email=email)])
        third = GatewayCustomer.objects.get(external_id="payer_2").customer_id
    Twins(twins.desk, third, twins.other).join(panel)

    answer = twins.join(panel)

    assert answer.status == 400
    assert "was joined with somebody else meanwhile" in answer.text
    assert len(twins.merges()) == len(twins.told()) == 1


def test_only_who_shares_an_address_is_joined(twins: Twins, panel: Panel) -> None:
    """M8: whatever is posted."""
    with scoping.tenant(twins.desk.shop.tenant.id):
        stranger = GatewayCustomer.objects.exclude(customer_id__in=[twins.one, twins.other]).first()
    assert stranger
    forged = Twins(twins.desk, twins.one, stranger.customer_id)

    for answer in (forged.dialog(panel), forged.join(panel)):
        assert answer.status == 400
        assert "no longer share an e-mail address" in answer.text
    assert twins.merges() == []


@pytest.mark.parametrize("role", [Role.VIEWER, None])
def test_who_may_only_look_is_neither_asked_nor_obeyed(
    twins: Twins, panel: Panel, role: Role | None
) -> None:
    """S10: a viewer, and an agent who is no member; both see who was joined."""
    email = new_agent(twins.desk.shop, role) if role else "stranger@elsewhere.example"
    looker = twins.desk.open(email, twins.desk.customer())
    assert "Same person?" not in twins.card(looker).text
    assert twins.dialog(looker).status == twins.join(looker).status == 403
    assert twins.merges() == []
    twins.join(panel)
    (merge,) = twins.merges()

    card = twins.card(looker).text

    assert "Joined with E. &lt;Twin&gt;" in card
    assert "Undo joining" not in card
    assert looker.get(f"join/{merge.id}").status == looker.post(f"join/{merge.id}").status == 403
    assert len(twins.told()) == 1


def test_another_tenants_people_do_not_exist(twins: Twins, sandbox: Running) -> None:
    """A foreign id is answered like an unknown one, or one that is none."""
    twins.join(twins.desk.open(new_agent(twins.desk.shop), twins.desk.customer()))
    (merge,) = twins.merges()
    foreign = open_desk(open_shop(sandbox.url))
    panel = foreign.open(new_agent(foreign.shop), {"email": "nobody@example.com"})

    for each in (str(twins.one), str(ids.new_id()), "garbage", ""):
        wish = {"customer": each, "other": str(twins.other)}
        assert panel.get("join", **wish).status == panel.post("join", **wish).status == 404
    for merge_id in (merge.id, ids.new_id()):
        path = f"join/{merge_id}"
        assert panel.get(path).status == panel.post(path).status == 404


def _headline(answer: Answer) -> str:
    found = re.search(r"</svg><span>([^<]+)</span>", answer.text)
    assert found, answer.text
    return found[1]


def _at_once(*deeds: Callable[[], Answer]) -> list[Answer]:
    start, answers = threading.Barrier(len(deeds)), []

    def run(deed: Callable[[], Answer]) -> None:
        start.wait(20)
        answers.append(deed())
        connections.close_all()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers
