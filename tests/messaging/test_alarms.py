"""Mail that cannot wait: a refused key (G6), an order that stays unknown (M8)."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from chargedesk.actions.recovery import tidy
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.messaging.alarms import tell_of_refused_keys
from chargedesk.messaging.tasks import sweep_alarms
from chargedesk.tenants.models import Connection
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import add_member, mark_credentials_failed
from chargedesk.tenants.services.members import member_actor
from tests.actions.shop import Shop, open_shop
from tests.conftest import Running
from tests.services.accounts import Control, connect, new_tenant, new_user, open_account, reread
from tests.services.ground import Ground

pytestmark = pytest.mark.usefixtures("committed_db")


def _refused(sandbox: Running) -> tuple[Connection, str]:
    """A connection whose key is refused, and the address of the company's owner."""
    owner = new_user()
    tenant = new_tenant(owner)
    connection = connect(open_account(Control(sandbox.url)), tenant)
    with scoping.tenant(tenant.id):
        mark_credentials_failed(connection.id, reason="Invalid API Key provided")
    return connection, owner.email


def test_those_who_can_exchange_it_are_told_once_and_in_their_language(sandbox: Running) -> None:
    connection, owner = _refused(sandbox)
    italian, agent = new_user(), new_user()
    italian.language = "it"
    italian.save(update_fields=["language"])
    with scoping.tenant(connection.tenant_id):
        add_member(italian, role=Role.ADMIN, actor=member_actor(italian))
        add_member(agent, role=Role.AGENT, actor=member_actor(italian))

    for _ in range(2):
        tell_of_refused_keys(connection.tenant_id)

    texts = {message.to[0]: message for message in mail.outbox}
    assert sorted(texts) == sorted([owner, italian.email])
    assert len(mail.outbox) == len(texts)
    assert connection.label in texts[owner].subject
    assert f"/app/settings/connections/{connection.id}/" in texts[owner].body
    assert "Invalid API Key provided" in texts[owner].body
    assert texts[italian.email].subject != texts[owner].subject


def test_mail_that_could_not_be_sent_is_sent_later(sandbox: Running, settings: Settings) -> None:
    connection, owner = _refused(sandbox)
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    # Nobody listens there.
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    tell_of_refused_keys(connection.tenant_id)
    assert reread(connection).failure_told_at is None

    settings.EMAIL_BACKEND = works
    sweep_alarms()
    assert owner in [message.to[0] for message in mail.outbox]
    assert reread(connection).failure_told_at is not None


def test_a_key_refused_again_is_told_again(sandbox: Running) -> None:
    connection, _owner = _refused(sandbox)
    tell_of_refused_keys(connection.tenant_id)
    with scoping.tenant(connection.tenant_id):
        Connection.objects.filter(pk=connection.id).update(state="active")
        mark_credentials_failed(connection.id, reason="revoked")
    tell_of_refused_keys(connection.tenant_id)
    assert [("revoked" in message.body) for message in mail.outbox] == [False, True]


def test_an_order_unknown_for_an_hour_is_mailed_by_a_worker(
    sandbox: Running, worker: Running, ground: Ground
) -> None:
    shop: Shop = open_shop(sandbox.url, amount=3000)
    finance = shop.person(Role.FINANCE).actor.label
    shop.account.fault("answer_lost_before_effect", path_regex="/refunds$", method="POST", times=1)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 500))
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=2))
    for _ in range(2):
        tidy(shop.tenant.id)

    def letters() -> list[str]:
        written = [each.read_text() for each in Path(ground.data_dir / "mail").glob("*.log")]
        return [each for each in written if f"To: {finance}" in each]

    latest = time.monotonic() + 60
    while not letters() and time.monotonic() < latest:
        time.sleep(0.1)
    (letter,) = letters()
    assert f"/app/orders/{intent.id}/" in letter
    assert "5.00" in letter
