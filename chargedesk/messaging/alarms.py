"""Mail to the members who must act: the gateway refuses a key (G6), an order stays unknown (M8)."""

import smtplib
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from chargedesk.base import scoping
from chargedesk.tenants.models import Connection, ConnectionState, Member, Tenant
from chargedesk.tenants.roles import Right

log = structlog.get_logger(__name__)


def tell_of_refused_keys(tenant_id: UUID) -> None:
    """Mail about every connection whose key is refused and that nobody was told of; outside scopes.

    Who was told is written down after the mail has left: a mail that could not be sent is tried
    again by the next sweep, and two sweeps at once send it twice at worst.
    """
    with scoping.tenant(tenant_id):
        refused = list(
            Connection.objects.filter(
                state=ConnectionState.CREDENTIALS_FAILED, failure_told_at=None
            )
        )
    for connection in refused:
        facts = {"label": connection.label, "words": connection.state_reason}
        path = reverse("dashboard:connection", args=[connection.id])
        if mail_members(tenant_id, Right.MANAGE_CONNECTIONS, "key_refused", path=path, **facts):
            with scoping.tenant(tenant_id):
                Connection.objects.filter(
                    pk=connection.id, state=ConnectionState.CREDENTIALS_FAILED
                ).update(failure_told_at=Now())


def mail_members(tenant_id: UUID, right: Right, mail: str, *, path: str, **facts: str) -> bool:
    """Send `templates/emails/<mail>.txt` to every member with a right, each in their language.

    `path` is the page where they can act. Returns False, and logs, if the mail server does not
    take it. Call it outside any scope.
    """
    with scoping.tenant(tenant_id):
        company = Tenant.objects.get(pk=tenant_id)
        members = Member.objects.filter(is_active=True).select_related("user")
        users = [member.user for member in members if member.may(right)]
    for user in users:
        with translation.override(user.language or company.language):
            words = {"company": company.name, "url": settings.BASE_URL + path, **facts}
            try:
                send_mail(
                    render_to_string(f"emails/{mail}_subject.txt", words).strip(),
                    render_to_string(f"emails/{mail}.txt", words),
                    from_email=None,
                    recipient_list=[user.email],
                )
            except (OSError, smtplib.SMTPException):
                log.exception("mail_not_sent", mail=mail, tenant=str(tenant_id))
                return False
    return True
