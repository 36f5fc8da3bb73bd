"""Signing up, in and out; the second lock; being invited."""

import re
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.tenants.memberships import memberships_of
from chargedesk.tenants.models import Tenant, User
from chargedesk.tenants.roles import Role
from tests.dashboard.company import PASSWORD, make_company

NEW_PASSWORD = "seven quiet herons at dusk"  # noqa: S105


def test_sign_up_makes_user_company_and_owner(committed_db: None) -> None:
    email = f"ada-{uuid4().hex[:8]}@new.example"
    response = _sign_up(Client(), email=email)

    assert response.status_code == 302
    user = User.objects.get(email=email)
    (member,) = memberships_of(user.id)
    assert (user.name, member.tenant.name, member.role) == ("Ada Example", "New Company", "owner")
    with scoping.tenant(member.tenant_id):
        assert AuditEvent.objects.filter(verb="tenant.created").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("company", ""), ("email", "nonsense"), ("password1", "short"), ("password1", "1234567890")],
)
def test_a_refused_sign_up_makes_nothing_and_keeps_what_was_typed(
    committed_db: None, field: str, value: str
) -> None:
    tenants = Tenant.objects.count()
    email = f"ada-{uuid4().hex[:8]}@new.example"
    response = _sign_up(Client(), **{"email": email, field: value})
    page = response.content.decode()

    assert Tenant.objects.count() == tenants
    assert "Please check what you entered" in page
    assert 'aria-invalid="true"' in page
    assert 'value="Ada Example"' in page


def test_sign_up_with_a_known_address_tells_nobody(
    committed_db: None, settings: LazySettings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    known = make_company().members[Role.AGENT].user
    tenants = Tenant.objects.count()
    answers = [_sign_up(Client(), email=known.email)]
    assert Tenant.objects.count() == tenants
    answers.append(_sign_up(Client(), email=f"ada-{uuid4().hex[:8]}@new.example"))

    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0]["Location"] == answers[1]["Location"]
    assert len(memberships_of(known.id)) == 1


def test_sign_in_with_the_second_lock(committed_db: None) -> None:
    company = make_company()
    client, user = Client(), company.members[Role.OWNER].user
    assert _sign_in(client, user).url == "/app/"
    assert b"One lock is not enough" in client.get(reverse("dashboard:connections")).content

    asked = client.get(reverse("mfa_activate_totp"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    client.post(asked["Location"], {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="totp-secret"[^>]*>([A-Z2-7]+)<', page)
    assert secret is not None
    assert client.post(reverse("mfa_activate_totp"), {"code": "000000"}).status_code == 200
    activated = client.post(reverse("mfa_activate_totp"), {"code": _code(secret[1])})
    assert activated.status_code == 302
    stored = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"]
    assert secret[1] not in stored
    assert b"One lock is not enough" not in client.get(reverse("dashboard:connections")).content

    codes = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    recovery = re.search(r"<li>([a-z0-9]{8,})\s*</li>", codes)
    assert recovery is not None

    second = Client()
    assert _sign_in(second, user).url == reverse("mfa_authenticate")
    assert second.get(reverse("dashboard:home")).status_code == 302
    refused = second.post(reverse("mfa_authenticate"), {"code": "123456"})
    assert b"Please check what you entered" in refused.content
    assert second.post(reverse("mfa_authenticate"), {"code": recovery[1]}).status_code == 302
    assert second.get(reverse("dashboard:home")).status_code == 200

    third = Client()
    _sign_in(third, user)
    reused = third.post(reverse("mfa_authenticate"), {"code": recovery[1]})
    assert reused.status_code == 200


def test_an_invited_person_chooses_a_password_and_is_in(committed_db: None) -> None:
    company = make_company()
    email = f"bo-{uuid4().hex[:8]}@aurora.example"
    mail.outbox.clear()
    company.client(Role.ADMIN).post(
        reverse("dashboard:members"), {"email": email.upper(), "role": "finance"}
    )
    (message,) = mail.outbox
    link = re.search(r"http://[^/]+(/\S+)", str(message.body))
    assert link is not None
    assert message.to == [email]

    client = Client()
    form = client.get(link[1], follow=True)
    answer = client.post(
        form.redirect_chain[-1][0], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    )
    assert answer.status_code == 302
    assert b"no longer works" in Client().get(link[1], follow=True).content

    user = User.objects.get(email=email)
    assert _sign_in(client, user, password=NEW_PASSWORD).status_code == 302
    assert b"Aurora Coffee" in client.get(reverse("dashboard:home"), follow=True).content
    assert memberships_of(user.id)[0].role == "finance"


def test_inviting_a_member_again_is_refused_in_words(committed_db: None) -> None:
    company = make_company()
    email = company.members[Role.AGENT].user.email
    mail.outbox.clear()
    page = company.client(Role.OWNER).post(
        reverse("dashboard:members"), {"email": email, "role": "admin"}, follow=True
    )

    assert b"is a member already" in page.content
    assert not mail.outbox
    with scoping.tenant(company.tenant.id):
        assert memberships_of(company.members[Role.AGENT].user.id)[0].role == "agent"


def test_a_reset_for_an_unknown_address_answers_alike_and_sends_nothing(committed_db: None) -> None:
    mail.outbox.clear()
    known = make_company().members[Role.VIEWER].user.email
    answers = [
        Client().post(reverse("account_reset_password"), {"email": email})
        for email in (known, "nobody@nowhere.example")
    ]

    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0]["Location"] == answers[1]["Location"]
    assert [message.to for message in mail.outbox] == [[known]]


def test_our_mail_speaks_of_chargedesk_only(committed_db: None, settings: LazySettings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    known = make_company().members[Role.VIEWER].user.email
    mail.outbox.clear()
    Client().post(reverse("account_reset_password"), {"email": known})
    _sign_up(Client(), email=known)
    _sign_up(Client(), email=f"ada-{uuid4().hex[:8]}@new.example")

    assert len(mail.outbox) == 3
    for message in mail.outbox:
        assert "ChargeDesk" in message.subject
        assert "example.com" not in f"{message.subject}{message.body}"
        assert re.search(r"http://\S+/app/account/\S+", str(message.body))


def test_colours_and_language_are_kept(committed_db: None) -> None:
    company = make_company()
    client = company.client(Role.AGENT)
    client.post(reverse("dashboard:set_theme"), {"theme": "dark", "next": "/app/"})
    client.post(reverse("dashboard:set_language"), {"language": "it", "next": "/app/"})
    page = client.get("/app/").content.decode()

    assert '<html lang="it" data-theme="dark">' in page
    assert "Panoramica" in page
    assert User.objects.get(id=company.members[Role.AGENT].user.id).language == "it"
    assert client.post(reverse("dashboard:set_theme"), {"theme": "x"}).status_code == 400
    assert client.post(reverse("dashboard:set_language"), {"language": "xx"}).status_code == 400


def test_a_preference_never_leads_to_another_site(committed_db: None) -> None:
    answer = Client().post(
        reverse("dashboard:set_theme"), {"theme": "dark", "next": "https://evil.example/"}
    )

    assert answer["Location"] == "/app/"


def test_someone_in_two_companies_switches_between_them(committed_db: None) -> None:
    first, second = make_company("First"), make_company("Second")
    shared = first.members[Role.OWNER].user
    second.client(Role.OWNER).post(
        reverse("dashboard:members"), {"email": shared.email, "role": "viewer"}
    )
    client = first.client(Role.OWNER)
    assert b"Switch company" in client.get("/app/").content

    client.post(reverse("dashboard:switch_company", args=[second.tenant.id]))
    assert client.get(reverse("dashboard:members")).status_code == 403
    client.post(reverse("dashboard:switch_company", args=[first.tenant.id]))
    assert client.get(reverse("dashboard:members")).status_code == 200


def _sign_up(client: Client, **changes: str):  # type: ignore[no-untyped-def]
    values = {
        "company": "New Company",
        "name": "Ada Example",
        "email": "ada@new.example",
        "password1": PASSWORD,
    }
    return client.post(reverse("account_signup"), values | changes)


def _sign_in(client: Client, user: User, *, password: str = PASSWORD):  # type: ignore[no-untyped-def]
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def _code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))
