"""The first page: what is left to set up, and what needs somebody now."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chargedesk.actions.models import IntentState
from chargedesk.actions.selectors import orders_needing_people
from chargedesk.dashboard.access import Desk
from chargedesk.sync.models import RunKind, RunState, SyncRun
from chargedesk.tenants.models import ApiKey, Connection, ConnectionState, Member
from chargedesk.tenants.roles import Right
from chargedesk.tenants.selectors import gateway_connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the set-up; it says how long it takes and what is read or written."""

    title: str
    text: str
    url: str
    label: str
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Something that waits for a person. `tone`: error or warning."""

    tone: str
    title: str
    text: str
    url: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The whole page; a member sees only what their role can act on."""

    steps: Sequence[Step]
    concerns: Sequence[Concern]
    connections: Sequence[Connection]

    @property
    def is_set_up(self) -> bool:
        """Whether every step is done."""
        return all(step.is_done for step in self.steps)

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.is_done for step in self.steps)


def overview(desk: Desk) -> Overview:
    """Gather the page for one member; in the tenant's scope, at most six statements."""
    connections = list(gateway_connections())
    may_connect = desk.may(Right.MANAGE_CONNECTIONS)
    return Overview(
        steps=_steps(desk, connections) if may_connect else (),
        concerns=[
            *(_connection_concerns(connections) if may_connect else ()),
            *(_order_concerns() if desk.may(Right.APPROVE) else ()),
        ],
        connections=connections,
    )


def _steps(desk: Desk, connections: Sequence[Connection]) -> list[Step]:
    first = reverse("dashboard:connections")
    detail = reverse("dashboard:connection", args=[connections[0].id]) if connections else first
    return [
        Step(
            title=_("Connect a payment gateway"),
            text=_("2 minutes. A key is tested and stored encrypted; nothing is written there."),
            url=first,
            label=_("Connect"),
            is_done=bool(connections),
        ),
        Step(
            title=_("First import"),
            text=_("Runs by itself, newest first, and is useful after the first page."),
            url=detail,
            label=_("See progress"),
            is_done=_has_imported(),
        ),
        Step(
            title=_("Invite your team"),
            text=_("1 minute each. Agents see billing and refund within their limits."),
            url=reverse("dashboard:members"),
            label=_("Invite"),
            is_done=Member.objects.filter(is_active=True).count() > 1,
        ),
        Step(
            title=_("Protect your account"),
            text=_("1 minute. Two-step sign-in, with an app on your phone."),
            url=reverse("mfa_index"),
            label=_("Set up"),
            is_done=not desk.lacks_second_lock,
        ),
        Step(
            title=_("Connect your own programs"),
            text=_("1 minute. An API key reads, or moves money, within the scopes you give it."),
            url=reverse("dashboard:api_keys"),
            label=_("Make a key"),
            is_done=ApiKey.objects.filter(revoked_at=None).exists(),
        ),
    ]


def _has_imported() -> bool:
    return SyncRun.objects.filter(kind=RunKind.BACKFILL, state=RunState.DONE).exists()


def _connection_concerns(connections: Sequence[Connection]) -> list[Concern]:
    found = []
    for connection in connections:
        url = reverse("dashboard:connection", args=[connection.id])
        if connection.state == ConnectionState.CREDENTIALS_FAILED:
            found.append(
                Concern(
                    tone="error",
                    title=_("“%(name)s” lost its key.") % {"name": connection.label},
                    text=_("The gateway refuses it. Orders are stopped; nothing is lost."),
                    url=reverse("dashboard:connection_key", args=[connection.id]),
                    label=_("Exchange the key"),
                )
            )
        elif connection.state == ConnectionState.PAUSED:
            found.append(
                Concern(
                    tone="warning",
                    title=_("“%(name)s” is paused.") % {"name": connection.label},
                    text=_("What is shown gets older, and no order leaves."),
                    url=url,
                    label=_("Look at it"),
                )
            )
    return found


def _order_concerns() -> list[Concern]:
    counts = (
        orders_needing_people()
        .order_by()
        .aggregate(
            unknown=Count("id", filter=Q(state=IntentState.UNKNOWN)),
            waiting=Count("id", filter=Q(state=IntentState.AWAITING_APPROVAL)),
        )
    )
    url, found = reverse("dashboard:orders"), []
    if counts["unknown"]:
        found.append(
            Concern(
                tone="error",
                title=ngettext(
                    "%(count)d order has an unknown outcome.",
                    "%(count)d orders have an unknown outcome.",
                    counts["unknown"],
                )
                % {"count": counts["unknown"]},
                text=_("The gateway did not answer. The amount is held until it is clear."),
                url=url,
                label=_("See orders"),
            )
        )
    if counts["waiting"]:
        found.append(
            Concern(
                tone="warning",
                title=ngettext(
                    "%(count)d order waits for approval.",
                    "%(count)d orders wait for approval.",
                    counts["waiting"],
                )
                % {"count": counts["waiting"]},
                text=_("Somebody else than the person who asked must decide."),
                url=url,
                label=_("Decide"),
            )
        )
    return found
