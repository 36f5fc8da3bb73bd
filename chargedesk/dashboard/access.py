"""Who may open a page: a signed-in member of the active tenant with a right, inside its scope."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django_htmx.middleware import HtmxDetails

from audit.services import Actor
from chargedesk.base import scoping
from chargedesk.tenants.memberships import memberships_of
from chargedesk.tenants.models import Member, Tenant, User
from chargedesk.tenants.roles import Right, Role

SESSION_KEY = "tenant"
# Whoever can move much money or change settings is reminded of the second lock.
NUDGED_ROLES = frozenset({Role.OWNER, Role.ADMIN, Role.FINANCE})

P = ParamSpec("P")


@dataclass(frozen=True)
class Desk:
    """Where a signed-in user works: the active membership among all of theirs, and from where."""

    member: Member
    memberships: Sequence[Member]
    ip: str | None

    @property
    def tenant(self) -> Tenant:
        """The active tenant."""
        return self.member.tenant

    def may(self, right: Right) -> bool:
        """Whether the active member has `right`."""
        return self.member.may(right)

    @cached_property
    def lacks_second_lock(self) -> bool:
        """Whether this member should be asked to set up two-step sign-in."""
        return self.member.role in NUDGED_ROLES and not is_mfa_enabled(
            self.member.user, [Authenticator.Type.TOTP]
        )

    @property
    def actor(self) -> Actor:
        """Who the audit log names for what is done here."""
        user = self.member.user
        return Actor(
            kind="member",
            id=str(self.member.id),
            label=f"{user.name} <{user.email}>" if user.name else user.email,
            ip=self.ip,
        )


class DeskRequest(HttpRequest):
    """A request that `member_required` let through."""

    user: User
    desk: Desk
    htmx: HtmxDetails


View = Callable[Concatenate[DeskRequest, P], HttpResponseBase]


def member_required(right: Right) -> Callable[[View[P]], View[P]]:
    """Let in a member with `right`; the view enters `scoping.tenant` by itself.

    For views that talk to a provider, which must happen outside of any transaction.
    """

    def decorate(view: View[P]) -> View[P]:
        def checked(request: DeskRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            desk = find_desk(request)
            if desk is None:
                return redirect("dashboard:companies")
            request.desk = desk
            if not desk.may(right):
                return render(request, "dashboard/forbidden.html", {"right": right}, status=403)
            with timezone.override(ZoneInfo(desk.tenant.time_zone)):
                return view(request, *args, **kwargs)

        # The stubs of wraps and login_required forget what the view takes.
        return cast("View[P]", login_required(wraps(view)(checked)))

    return decorate


def tenant_view(right: Right) -> Callable[[View[P]], View[P]]:
    """`member_required`, and the view runs and renders in the tenant's scope: one transaction."""

    def decorate(view: View[P]) -> View[P]:
        def scoped(request: DeskRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            with scoping.tenant(request.desk.tenant.id):
                return view(request, *args, **kwargs)

        return member_required(right)(cast("View[P]", wraps(view)(scoped)))

    return decorate


def find_desk(request: HttpRequest) -> Desk | None:
    """The active membership of a signed-in user; their oldest if the session names none."""
    user = request.user
    if not isinstance(user, User):
        return None
    memberships = memberships_of(user.id)
    if not memberships:
        return None
    wanted = request.session.get(SESSION_KEY)
    member = next((each for each in memberships if str(each.tenant_id) == wanted), memberships[0])
    return Desk(member=member, memberships=memberships, ip=request.META.get("REMOTE_ADDR"))


def make_active(request: HttpRequest, tenant_id: UUID) -> None:
    """Remember the tenant in the session; membership is checked at every request."""
    request.session[SESSION_KEY] = str(tenant_id)
