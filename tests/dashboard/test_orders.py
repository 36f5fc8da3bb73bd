"""The work list: a second person decides, and two people settle what no gateway told (M8, M17)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from chargedesk.actions.models import ActionIntent, Approval, IntentState, Try
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.tenants.models import Connection, ConnectionKind, Member
from chargedesk.tenants.roles import Role
from tests.dashboard.company import Company, make_company


@pytest.fixture
def company(committed_db: None) -> Company:
    """A company whose agent asked for things."""
    return make_company()


def test_a_second_person_rejects_with_a_reason(company: Company) -> None:
    intent = _ordered(company, IntentState.AWAITING_APPROVAL, by=Role.AGENT)
    client, path = company.client(Role.FINANCE), reverse("dashboard:order", args=[intent.id])
    assert "EUR\xa025.00" in client.get(reverse("dashboard:orders")).content.decode()

    wordless = client.post(path, {"answer": "reject", "note": ""})
    assert wordless.status_code == 400
    assert _state(company, intent) == "awaiting_approval"

    assert client.post(path, {"answer": "reject", "note": "Paid twice? No."}).status_code == 302
    assert _state(company, intent) == "rejected"
    with scoping.tenant(company.tenant.id):
        assert not Approval.objects.get(intent=intent).is_approved
        assert AuditEvent.objects.filter(verb="action.rejected").count() == 1


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_nobody_answers_what_they_asked_for(company: Company, answer: str) -> None:
    intent = _ordered(company, IntentState.AWAITING_APPROVAL, by=Role.FINANCE)
    client, path = company.client(Role.FINANCE), reverse("dashboard:order", args=[intent.id])

    assert "somebody else must decide" in client.get(path).content.decode()
    page = client.post(path, {"answer": answer, "note": "Mine"}, follow=True).content.decode()
    assert "A second person must approve" in page
    assert _state(company, intent) == "awaiting_approval"


def test_two_people_settle_an_unknown_order(company: Company) -> None:
    intent = _ordered(company, IntentState.UNKNOWN, by=Role.AGENT)
    finance, owner = company.client(Role.FINANCE), company.client(Role.OWNER)
    path = reverse("dashboard:order", args=[intent.id])
    found = {"propose": "1", "outcome": "not_executed", "evidence": "No refund on the payment."}

    assert finance.post(path, found | {"evidence": ""}).status_code == 400
    finance.post(path, found)
    finance.post(path, {"confirm": "1"})
    assert _state(company, intent) == "unknown"

    assert "No refund on the payment." in owner.get(path).content.decode()
    owner.post(path, {"confirm": "1"})
    assert _state(company, intent) == "failed"


def test_an_unknown_order_is_never_called_failed(company: Company) -> None:
    intent = _ordered(company, IntentState.UNKNOWN, by=Role.AGENT)
    page = company.client(Role.ADMIN).get(reverse("dashboard:order", args=[intent.id]))

    assert "It may or may not have happened." in page.content.decode()
    assert "Not done" not in page.content.decode()


def test_what_is_like_an_unknown_order_is_shown_to_who_settles_it(company: Company) -> None:
    """M7: each thing the look-up saw, in words; it settles nothing."""
    intent = _ordered(company, IntentState.UNKNOWN, by=Role.AGENT)
    seen = "ch_a succeeded 25.00 EUR, 2026-03-01 12:00:00 UTC; ch_b succeeded 25.00 EUR"
    with scoping.tenant(company.tenant.id):
        ActionIntent.objects.filter(pk=intent.id).update(evidence={"seen": seen})
    page = company.client(Role.FINANCE).get(reverse("dashboard:order", args=[intent.id]))

    text = page.content.decode()
    assert "What the gateway shows" in text
    assert "<li><code>ch_a succeeded 25.00 EUR, 2026-03-01 12:00:00 UTC</code></li>" in text
    assert "<li><code>ch_b succeeded 25.00 EUR</code></li>" in text
    assert _state(company, intent) == "unknown"


def test_whoever_settles_an_order_reads_what_the_gateway_said(company: Company) -> None:
    """M8: a refusal proves nothing, and its words may tell why all the same."""
    intent = _ordered(company, IntentState.UNKNOWN, by=Role.AGENT)
    with scoping.tenant(company.tenant.id):
        rows = ActionIntent.objects.filter(pk=intent.id)
        rows.update(provider_message="Insufficient <funds>.")
    page = company.client(Role.FINANCE).get(reverse("dashboard:order", args=[intent.id]))
    assert "<dd>Insufficient &lt;funds&gt;.</dd>" in page.content.decode()


def test_an_order_done_in_part_is_not_shown_as_failed(company: Company) -> None:
    intent = _ordered(company, IntentState.FAILED, by=Role.AGENT)
    steps = [{"name": "make_tax_id", "deed": "add_tax_id"}, {"name": "last"}]
    with scoping.tenant(company.tenant.id):
        ActionIntent.objects.filter(pk=intent.id).update(steps=steps, first_try_at=clock.now())
        Try.objects.create(
            tenant=company.tenant,
            intent=intent,
            step="make_tax_id",
            number=1,
            lease_token=uuid4(),
            sent_at=clock.now(),
            answer="done",
        )
    page = company.client(Role.FINANCE).get(reverse("dashboard:order", args=[intent.id]))

    text = page.content.decode()
    assert "Done in part" in text
    assert "Done: adding the new tax id." in text
    assert "Not done: last." in text
    assert "Not done</span>" not in text


@pytest.mark.parametrize("role", [Role.AGENT, Role.VIEWER])
def test_who_may_not_approve_neither_sees_nor_answers(company: Company, role: Role) -> None:
    intent = _ordered(company, IntentState.AWAITING_APPROVAL, by=Role.OWNER)
    client, path = company.client(role), reverse("dashboard:order", args=[intent.id])

    assert client.get(path).status_code == 403
    assert client.post(path, {"answer": "reject", "note": "No"}).status_code == 403
    assert _state(company, intent) == "awaiting_approval"


def test_another_companys_order_is_an_unknown_one(company: Company) -> None:
    intent = _ordered(company, IntentState.AWAITING_APPROVAL, by=Role.AGENT)
    stranger = make_company("Other").client(Role.OWNER)

    for order_id in (intent.id, uuid4()):
        path = reverse("dashboard:order", args=[order_id])
        assert stranger.get(path).status_code == 404
        assert stranger.post(path, {"answer": "reject", "note": "No"}).status_code == 404


def _ordered(company: Company, state: IntentState, *, by: Role) -> ActionIntent:
    now = clock.now()
    with scoping.tenant(company.tenant.id):
        member = Member.objects.get(id=company.members[by].id)
        connection = Connection.objects.create(
            tenant=company.tenant,
            kind=ConnectionKind.GATEWAY,
            provider="stripe",
            label="Shop EU",
            account_id=f"acct_{uuid4().hex[:12]}",
            credentials=b"",
        )
        facts: dict[str, Any] = {
            "action": "refund",
            "subject_id": uuid4(),
            "object_kind": "charge",
            "object_id": uuid4(),
            "target_id": "ch_example",
            "amount_minor": 2500,
            "currency": "EUR",
            "order": {"at_period_end": False},
            "steps": [],
            "reason": "goodwill",
            "actor_kind": "member",
            "actor_id": str(member.id),
            "actor_label": str(member.user),
            "actor_role": member.role,
            "client_key": uuid4().hex,
            "fingerprint": uuid4().hex,
        }
        return ActionIntent.objects.create(
            tenant=company.tenant,
            connection=connection,
            state=state,
            created_at=now,
            not_before=now,
            next_look_up_at=now + timedelta(days=1),
            **facts,
        )


def _state(company: Company, intent: ActionIntent) -> str:
    with scoping.tenant(company.tenant.id):
        return ActionIntent.objects.get(id=intent.id).state
