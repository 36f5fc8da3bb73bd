"""Makes the demo's companies through the front doors; safe to repeat at every start."""

from dataclasses import dataclass
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings

from audit.services import system_actor
from chargedesk.base import scoping
from chargedesk.demo.companies import Account, Company
from chargedesk.demo.inbox import HELPDESK
from chargedesk.demo.news import let_news_in
from chargedesk.demo.own_system import route_to_own_system
from chargedesk.demo.secrets_file import KeptSecrets
from chargedesk.messaging.helpdesks import keep_helpdesk
from chargedesk.sync.selectors import connection_progress
from chargedesk.sync.services import start_connection
from chargedesk.tenants.models import (
    Connection,
    ConnectionState,
    Member,
    RoleLimit,
    Tenant,
    User,
)
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key, find_api_key
from chargedesk.tenants.services.connecting import connect_gateway
from chargedesk.tenants.services.limits import Limit, set_role_limit
from chargedesk.tenants.services.members import add_member, create_tenant
from gateways import registry

REQUESTS_PER_MINUTE = 6000
NEVER_RUN = "none"
# Yen beside the currencies everybody starts with, so that the demo has both: currencies in which an
# agent refunds alone, and some in which a second person is asked.
_LIMITED_TOO = "JPY"
_YEN = Limit(action_minor=30_000, day_minor=150_000, customer_day_minor=60_000, charge_age_days=180)
DEMO = system_actor("demo")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A demo company as it stands in the database."""

    company: Company
    tenant: Tenant
    connections: tuple[Connection, ...]
    helpdesk: Connection


def load_company(company: Company, kept: KeptSecrets) -> Loaded:
    """Make what is missing of a company: people, keys, helpdesk, gateways. GatewayError."""
    users = {role: _person(company, role, kept) for role in Role}
    tenant = _tenant(company, users[Role.OWNER])
    _members(tenant, users)
    _limits(tenant)
    _api_key(tenant, kept)
    helpdesk = _helpdesk(tenant, kept)
    connections = tuple(_gateway(tenant, account, kept) for account in company.accounts)
    return Loaded(company, tenant, connections, helpdesk)


def _person(company: Company, role: Role, kept: KeptSecrets) -> User:
    email = company.email(role)
    password = kept.made(f"password:{email}")
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, password, name=company.person(role))
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    return user


def _tenant(company: Company, owner: User) -> Tenant:
    tenant = Tenant.objects.filter(slug=company.slug).first()
    if tenant is None:
        tenant = create_tenant(company.name, owner=owner, is_demo=True, slug=company.slug)
        tenant.time_zone = company.time_zone
        tenant.save(update_fields=["time_zone"])
    return tenant


def _members(tenant: Tenant, users: dict[Role, User]) -> None:
    with scoping.tenant(tenant.id):
        known = set(Member.objects.values_list("user_id", flat=True))
        for role, user in users.items():
            if user.pk not in known:
                add_member(user, role=role, actor=DEMO)


def _limits(tenant: Tenant) -> None:
    with scoping.tenant(tenant.id):
        known = RoleLimit.objects.filter(role=Role.AGENT, currency=_LIMITED_TOO)
        if not known.exists():
            set_role_limit(Role.AGENT, currency=_LIMITED_TOO, limit=_YEN, actor=DEMO)


def _api_key(tenant: Tenant, kept: KeptSecrets) -> None:
    """One key without limit, approval or undo delay; its plain text lives in the kept file only."""
    name = f"api_key:{tenant.slug}"
    known = find_api_key(kept.get(name)) if kept.get(name) else None
    if known is not None and known.tenant_id == tenant.id:
        return
    with scoping.tenant(tenant.id):
        _key, plain = create_api_key(
            name="Demo",
            powers=KeyPowers(
                scopes=("read", "write", "money"),
                role=Role.OWNER,
                is_unlimited=True,
                requests_per_minute=REQUESTS_PER_MINUTE,
            ),
            actor=DEMO,
        )
    kept.keep(name, plain)


def _helpdesk(tenant: Tenant, kept: KeptSecrets) -> Connection:
    secret = kept.made(f"helpdesk:{tenant.slug}:a") + kept.made(f"helpdesk:{tenant.slug}:b")
    with scoping.tenant(tenant.id):
        return keep_helpdesk(
            HELPDESK,
            account_id="demo-inbox",
            label="Demo inbox",
            values_for=lambda connection_id: {
                "secret": secret,
                "origins": settings.BASE_URL,
                "note_url": f"{settings.BASE_URL}/demo/hooks/{connection_id}/notes/",
            },
            actor=DEMO,
        )


def _gateway(tenant: Tenant, account: Account, kept: KeptSecrets) -> Connection:
    """Connect, let the news in and start the import; each step only if it is missing."""
    connection = _connected(tenant.id, account)
    if connection is None:
        connection = connect_gateway(
            tenant.id,
            provider=account.gateway,
            values=account.values,
            actor=DEMO,
            label=account.label,
            api_base=f"{settings.SANDBOX_URL}/{account.gateway}",
        )
    route_to_own_system(connection, account, kept)
    let_news_in(connection, account, kept)
    with scoping.tenant(tenant.id):
        _start_import(connection)
        connection.refresh_from_db()
    return connection


def _connected(tenant_id: UUID, account: Account) -> Connection | None:
    with scoping.tenant(tenant_id):
        return (
            Connection.objects.filter(provider=account.gateway, label=account.label)
            .exclude(state=ConnectionState.REMOVED)
            .first()
        )


def _start_import(connection: Connection) -> None:
    """Begin to read the history, once; later starts only catch up."""
    reads = registry.adapter(connection.provider).capabilities.reads
    if reads and connection_progress(connection.id).state == NEVER_RUN:
        start_connection(connection.id)
