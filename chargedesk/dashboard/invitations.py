"""Letting a colleague in: whoever has no account yet gets one, and a link to choose a password."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from chargedesk.dashboard.access import Desk
from chargedesk.tenants.models import Member, User
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import add_member


def assignable_roles(desk: Desk) -> list[Role]:
    """The roles this member may give: only an owner makes owners."""
    return [role for role in Role if role is not Role.OWNER or desk.member.role == Role.OWNER]


def invite(email: str, *, role: Role, desk: Desk) -> Member:
    """Make the person a member and tell them by mail. In the tenant's scope. AlreadyMemberError."""
    user = _user(email, language=desk.member.user.language or desk.tenant.language)
    member = add_member(user, role=role, actor=desk.actor)
    transaction.on_commit(lambda: _tell(user, member, desk))
    return member


def _user(email: str, *, language: str) -> User:
    # Case was lost when users were made, so the exact match is the right one.
    user, is_new = User.objects.get_or_create(email=email, defaults={"language": language})
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        EmailAddress.objects.create(user=user, email=email, primary=True)
    return user


def _tell(user: User, member: Member, desk: Desk) -> None:
    with translation.override(user.language or None):
        facts = {
            "company": desk.tenant.name,
            "inviter": str(desk.member.user),
            "role": member.get_role_display(),
            "url": settings.BASE_URL + _way_in(user),
            "is_new": not user.has_usable_password(),
        }
        send_mail(
            render_to_string("emails/invitation_subject.txt", facts).strip(),
            render_to_string("emails/invitation.txt", facts),
            from_email=None,
            recipient_list=[user.email],
        )


def _way_in(user: User) -> str:
    if user.has_usable_password():
        return reverse("dashboard:home")
    key = default_token_generator.make_token(user)
    return reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": key},
    )
