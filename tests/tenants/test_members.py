"""Members: who may come, change and go; the last owner stays."""

import threading

import pytest
from django.db import connections

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.tenants.errors import AlreadyMemberError, LastOwnerError, NotFoundError
from chargedesk.tenants.models import Member, RoleLimit, Tenant
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import add_member, change_role, create_tenant, remove_member
from chargedesk.tenants.services.limits import Limit, set_role_limit
from chargedesk.tenants.services.members import member_actor
from tests.services.accounts import new_tenant, new_user


@pytest.mark.django_db
def test_tenant_starts_with_owner_limits_and_audit() -> None:
    owner = new_user()
    tenant = create_tenant("Aurora Labs", owner=owner)
    twin = create_tenant("Aurora Labs", owner=owner)
    assert tenant.slug != twin.slug
    with scoping.tenant(tenant.id):
        assert Member.objects.get().role == Role.OWNER
        assert set(RoleLimit.objects.values_list("role", flat=True)) == {Role.AGENT}
        assert [each.verb for each in AuditEvent.objects.all()] == ["tenant.created"]


@pytest.mark.django_db
def test_member_comes_changes_goes_and_comes_again() -> None:
    tenant, user, actor = new_tenant(), new_user(), member_actor(new_user())
    with scoping.tenant(tenant.id):
        member = add_member(user, role=Role.AGENT, actor=actor)
        with pytest.raises(AlreadyMemberError):
            add_member(user, role=Role.ADMIN, actor=actor)
        change_role(member.id, role=Role.FINANCE, actor=actor)
        remove_member(member.id, actor=actor)
        with pytest.raises(NotFoundError):
            remove_member(member.id, actor=actor)
        assert add_member(user, role=Role.VIEWER, actor=actor).id == member.id
        verbs = [each.verb for each in AuditEvent.objects.order_by("seq")]
    assert verbs[1:] == [
        "member.added",
        "member.role_changed",
        "member.removed",
        "member.added",
    ]


@pytest.mark.django_db
def test_last_owner_stays() -> None:
    tenant, actor = new_tenant(), member_actor(new_user())
    with scoping.tenant(tenant.id):
        owner = Member.objects.get()
        with pytest.raises(LastOwnerError):
            remove_member(owner.id, actor=actor)
        with pytest.raises(LastOwnerError):
            change_role(owner.id, role=Role.ADMIN, actor=actor)
        assert Member.objects.get().role == Role.OWNER


@pytest.mark.usefixtures("committed_db")
def test_two_owners_leaving_at_once_leave_one() -> None:
    tenant, actor = new_tenant(), member_actor(new_user())
    with scoping.tenant(tenant.id):
        add_member(new_user(), role=Role.OWNER, actor=actor)
        owners = list(Member.objects.values_list("id", flat=True))
    refused: list[Exception] = []
    gate = threading.Barrier(2)

    def leave(member_id: object) -> None:
        gate.wait()
        try:
            with scoping.tenant(tenant.id):
                remove_member(member_id, actor=actor)  # type: ignore[arg-type]
        except LastOwnerError as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=leave, args=[each]) for each in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with scoping.tenant(tenant.id):
        assert Member.objects.filter(is_active=True).count() == 1
    assert len(refused) == 1


@pytest.mark.django_db
def test_member_of_another_tenant_is_unknown() -> None:
    mine, other = new_tenant(), new_tenant()
    with scoping.tenant(other.id):
        stranger = Member.objects.get()
    with pytest.raises(NotFoundError), scoping.tenant(mine.id):
        remove_member(stranger.id, actor=member_actor(new_user()))


@pytest.mark.django_db
def test_limit_is_set_once_per_role_and_currency() -> None:
    tenant, actor = new_tenant(), member_actor(new_user())
    with scoping.tenant(tenant.id):
        for figure in (10_00, 20_00):
            set_role_limit(
                Role.AGENT, currency="eur", limit=Limit(action_minor=figure), actor=actor
            )
        row = RoleLimit.objects.get(role=Role.AGENT, currency="EUR")
    assert (row.action_minor, row.day_minor) == (20_00, None)
    assert Tenant.objects.get(id=tenant.id).undo_seconds == 10
