"""Makes tenants and decides who belongs to them; the last owner always stays."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.tenants.errors import AlreadyMemberError, LastOwnerError, NotFoundError
from chargedesk.tenants.models import Member, Tenant, User
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services.limits import make_default_limits

_SLUG_LENGTH = 50


def create_tenant(name: str, *, owner: User, is_demo: bool = False, slug: str = "") -> Tenant:
    """Make a company with its first owner and cautious limits. Needs no scope."""
    tenant_id = ids.new_id()
    with scoping.tenant(tenant_id):
        tenant = Tenant.objects.create(
            id=tenant_id,
            slug=_free_slug(slug or name),
            name=name.strip()[:120],
            is_demo=is_demo,
        )
        Member.objects.create(tenant=tenant, user=owner, role=Role.OWNER)
        make_default_limits()
        audit.record(
            Verb.TENANT_CREATED,
            actor=member_actor(owner),
            object_kind="tenant",
            object_id=tenant.id,
            details={"name": tenant.name},
        )
    return tenant


def member_actor(user: User) -> Actor:
    """The person as an actor of the audit log."""
    return Actor(kind="member", id=str(user.id), label=user.email)


def add_member(user: User, *, role: Role, actor: Actor) -> Member:
    """Let a person in, or in again, with a role. AlreadyMemberError."""
    tenant_id = scoping.current_tenant()
    member = Member.objects.select_for_update().filter(user=user).first()
    if member is not None and member.is_active:
        raise AlreadyMemberError(_("%(user)s is a member already.") % {"user": user.email})
    if member is None:
        member = _inserted(Member(tenant_id=tenant_id, user=user, role=role))
    else:
        member.role, member.is_active = role, True
        member.save(update_fields=["role", "is_active"])
    _tell(Verb.MEMBER_ADDED, member, actor, {"user": user.email, "role": role.value})
    return member


def change_role(member_id: UUID, *, role: Role, actor: Actor) -> Member:
    """Give a member another role. LastOwnerError, NotFoundError."""
    member = _locked_member(member_id)
    before = member.role
    if before == role:
        return member
    if before == Role.OWNER:
        _refuse_last_owner()
    member.role = role
    member.save(update_fields=["role"])
    _tell(Verb.MEMBER_ROLE_CHANGED, member, actor, {"before": before, "after": role.value})
    return member


def remove_member(member_id: UUID, *, actor: Actor, reason: str = "") -> None:
    """End a membership; what the person did stays in the log. LastOwnerError, NotFoundError."""
    member = _locked_member(member_id)
    if member.role == Role.OWNER:
        _refuse_last_owner()
    member.is_active = False
    member.save(update_fields=["is_active"])
    _tell(Verb.MEMBER_REMOVED, member, actor, {"user": member.user.email}, reason=reason)


def _inserted(member: Member) -> Member:
    try:
        with transaction.atomic():
            member.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyMemberError(_("This person is a member already.")) from error
    return member


def _locked_member(member_id: UUID) -> Member:
    # All owners are locked with it, in one order: two of them cannot leave at the same moment.
    locked = Member.objects.select_for_update().filter(is_active=True).order_by("id")
    owners_and_member = [
        *locked.filter(role=Role.OWNER),
        *locked.filter(id=member_id).exclude(role=Role.OWNER),
    ]
    for member in owners_and_member:
        if member.id == member_id:
            return member
    raise NotFoundError(_("There is no such member."))


def _refuse_last_owner() -> None:
    if Member.objects.filter(role=Role.OWNER, is_active=True).count() == 1:
        raise LastOwnerError(_("The last owner stays: make someone else an owner first."))


def _tell(
    verb: Verb, member: Member, actor: Actor, details: dict[str, str], *, reason: str = ""
) -> None:
    audit.record(
        verb,
        actor=actor,
        object_kind="member",
        object_id=member.id,
        reason=reason,
        details=details,
    )


def _free_slug(text: str) -> str:
    wanted = slugify(text)[:_SLUG_LENGTH] or "company"
    if not Tenant.objects.filter(slug=wanted).exists():
        return wanted
    return f"{wanted}-{ids.new_id().hex[-6:]}"
