"""Connecting a gateway: what is refused, what is stored, and what a new key does."""

from uuid import UUID

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.tenants.credentials import opened_values, webhook_secrets
from chargedesk.tenants.errors import (
    AlreadyConnectedError,
    ConnectionModeError,
    NotFoundError,
    OtherAccountError,
    PermissionsMissingError,
    UnsettledOrdersError,
)
from chargedesk.tenants.models import Connection, ConnectionState
from chargedesk.tenants.services import (
    connect_gateway,
    forget_old_webhook_secrets,
    mark_credentials_failed,
    pause_connection,
    register_webhook,
    remove_connection,
    resume_connection,
    roll_webhook_secret,
    rotate_credentials,
)
from chargedesk.tenants.services.connecting import refuse_other
from chargedesk.tenants.services.members import member_actor
from gateways.contract import AccountCheck
from gateways.errors import CredentialsError
from tests.conftest import Running
from tests.services.accounts import (
    Control,
    connect,
    new_tenant,
    new_user,
    open_account,
    reread,
)

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def control(sandbox: Running) -> Control:
    """The sandbox, steered."""
    return Control(sandbox.url)


def test_key_is_tested_sealed_and_audited(control: Control) -> None:
    account, tenant = open_account(control), new_tenant()
    connection = reread(connect(account, tenant))
    assert (connection.account_id, connection.is_live) == (account.id, False)
    assert account.key.encode() not in bytes(connection.credentials)
    assert connection.credentials_hint == account.key[-4:]
    assert opened_values(connection) == {"api_key": account.key}
    assert all(each["is_granted"] for each in connection.permissions)
    with scoping.tenant(tenant.id):
        entry = AuditEvent.objects.get(verb="connection.added")
    assert account.key not in str(vars(entry))
    assert entry.details["mode"] == "test"


def test_account_is_connected_once_per_tenant_and_mode(control: Control) -> None:
    """M10."""
    account, tenant = open_account(control), new_tenant()
    connect(account, tenant)
    with pytest.raises(AlreadyConnectedError):
        connect(account, tenant)
    connect(account, new_tenant())
    with scoping.tenant(tenant.id):
        assert Connection.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("sk_test_revoked", CredentialsError),
        ("sk_test_nobody_knows", CredentialsError),
        ("not a key", CredentialsError),
        ("sk_live_aurora_eu", CredentialsError),
        ("rk_test_aurora_eu_nocharges", PermissionsMissingError),
    ],
)
def test_bad_key_stores_nothing(control: Control, key: str, error: type[Exception]) -> None:
    tenant = new_tenant()
    with pytest.raises(error) as refusal:
        _connect_key(control, tenant.id, key)
    assert key not in str(refusal.value)
    with scoping.tenant(tenant.id):
        assert not Connection.objects.exists()


def test_missing_rights_are_listed(control: Control) -> None:
    with pytest.raises(PermissionsMissingError) as refusal:
        _connect_key(control, new_tenant().id, "rk_test_aurora_eu_nocharges")
    assert any("Charges" in each for each in refusal.value.missing)


def test_other_address_is_refused_where_real_money_moves(
    control: Control, settings: Settings
) -> None:
    settings.GATEWAY_API_BASE_ALLOWED = False
    with pytest.raises(ConnectionModeError):
        _connect_key(control, new_tenant().id, "sk_test_aurora_eu")


def test_new_key_of_the_same_account_wakes_a_refused_connection(control: Control) -> None:
    account, tenant = open_account(control), new_tenant()
    connection = connect(account, tenant)
    with scoping.tenant(tenant.id):
        assert mark_credentials_failed(connection.id, reason="revoked")
        assert not mark_credentials_failed(connection.id, reason="revoked")
    new_key = f"{account.key}_new"
    control.post("accounts", account=account.id, key=new_key)
    rotated = rotate_credentials(
        tenant.id, connection.id, values={"api_key": new_key}, actor=member_actor(new_user())
    )
    assert rotated.state == ConnectionState.ACTIVE
    assert opened_values(reread(connection)) == {"api_key": new_key}


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("sk_test_brightpath", OtherAccountError),
        ("sk_live_aurora_eu", CredentialsError),
        ("sk_test_revoked", CredentialsError),
    ],
)
def test_wrong_new_key_leaves_the_old_one(
    control: Control, key: str, error: type[Exception]
) -> None:
    account, tenant = open_account(control), new_tenant()
    connection = connect(account, tenant)
    with pytest.raises(error):
        rotate_credentials(
            tenant.id, connection.id, values={"api_key": key}, actor=member_actor(new_user())
        )
    assert opened_values(reread(connection)) == {"api_key": account.key}


def test_removal_wipes_keys_and_endpoint(control: Control) -> None:
    """M8: refused while an order is unknown; G5: keys wiped at once."""
    account, tenant = open_account(control), new_tenant()
    connection = connect(account, tenant, has_webhook=True)
    actor = member_actor(new_user())
    with pytest.raises(UnsettledOrdersError):
        remove_connection(
            tenant.id, connection.id, actor=actor, has_unknown_orders=lambda _id: True
        )
    assert bytes(reread(connection).credentials)
    remove_connection(tenant.id, connection.id, actor=actor, has_unknown_orders=lambda _id: False)
    removed = reread(connection)
    assert removed.state == ConnectionState.REMOVED
    assert (bytes(removed.credentials), removed.webhook_secrets) == (b"", None)
    assert "webhook_endpoint.deleted" in [each["effect"] for each in account.calls()]
    connect(account, tenant)


def test_roll_keeps_the_old_secret_until_it_is_forgotten(control: Control) -> None:
    account, tenant = open_account(control), new_tenant()
    connection = connect(account, tenant, has_webhook=True)
    actor = member_actor(new_user())
    [old] = webhook_secrets(connection)
    assert roll_webhook_secret(tenant.id, connection.id, actor=actor)
    new, kept = webhook_secrets(reread(connection))
    assert (new != old, kept) == (True, old)
    with scoping.tenant(tenant.id):
        forget_old_webhook_secrets(connection.id, actor=actor)
    assert webhook_secrets(reread(connection)) == [new]


def test_pause_and_resume_are_audited(control: Control) -> None:
    account, tenant = open_account(control), new_tenant()
    connection, actor = connect(account, tenant), member_actor(new_user())
    with scoping.tenant(tenant.id):
        assert pause_connection(connection.id, actor=actor).state == ConnectionState.PAUSED
        assert resume_connection(connection.id, actor=actor).state == ConnectionState.ACTIVE
        verbs = list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs[-2:] == ["connection.paused", "connection.resumed"]


def test_foreign_connection_is_unknown(control: Control) -> None:
    connection = connect(open_account(control), new_tenant())
    stranger, actor = new_tenant(), member_actor(new_user())
    with pytest.raises(NotFoundError), scoping.tenant(stranger.id):
        pause_connection(connection.id, actor=actor)
    with pytest.raises(NotFoundError):
        register_webhook(stranger.id, connection.id, actor=actor)


def test_gateway_is_never_called_inside_a_transaction(control: Control) -> None:
    """S6: no provider call inside a database transaction; wrapping it by mistake fails loudly."""
    account, tenant = open_account(control), new_tenant()
    with pytest.raises(RuntimeError), transaction.atomic():
        connect(account, tenant)


def _connect_key(control: Control, tenant_id: UUID, key: str) -> Connection:
    return connect_gateway(
        tenant_id,
        provider="stripe",
        values={"api_key": key},
        actor=member_actor(new_user()),
        api_base=control.api_base,
    )


@pytest.mark.parametrize(("connected", "offered"), [(False, True), (True, False)])
def test_key_of_the_other_mode_is_refused(*, connected: bool, offered: bool) -> None:
    """Issue, bad input: a live key in a test connection."""
    connection = Connection(account_id="acct_a", is_live=connected)
    check = AccountCheck(account_id="acct_a", account_name="", is_live=offered, permissions=())
    with pytest.raises(ConnectionModeError):
        refuse_other(connection, check)
