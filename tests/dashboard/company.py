"""A company with one member of each role, made through the services; committed, it stays."""

from dataclasses import dataclass
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.test import Client

from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.tenants.models import Member, Tenant, User
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import add_member, create_tenant

PASSWORD = "correct horse battery staple"  # noqa: S105


@dataclass(frozen=True)
class Company:
    """A tenant and its members by role."""

    tenant: Tenant
    members: dict[Role, Member]

    def client(self, role: Role) -> Client:
        """A browser in which the member of this role is signed in."""
        client = Client()
        client.force_login(
            self.members[role].user,
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        return client


def make_company(name: str = "Aurora Coffee") -> Company:
    """A company with an owner, admin, finance, agent and viewer."""
    mark = uuid4().hex[:8]
    people = {role: _user(f"{role.value}-{mark}@aurora.example", str(role.label)) for role in Role}
    tenant = create_tenant(name, owner=people[Role.OWNER], slug=f"aurora-{mark}")
    with scoping.tenant(tenant.id):
        for role, user in people.items():
            if role is not Role.OWNER:
                add_member(user, role=role, actor=SYSTEM)
        members = {
            Role(member.role): member for member in Member.objects.select_related("user", "tenant")
        }
    return Company(tenant=tenant, members=members)


def _user(email: str, name: str) -> User:
    user = User.objects.create_user(email, PASSWORD, name=f"{name} Example")
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user
