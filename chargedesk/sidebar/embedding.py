"""Who opens the panel from a helpdesk: verifies the signed caller, maps the agent to a member."""

from allauth.account.models import EmailAddress

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.messaging.helpdesks import HelpdeskLink
from chargedesk.sidebar.bearer import Bearer
from chargedesk.tenants.models import Member, User
from helpdesk_apps.contract import InboundRequest, TicketContext


def bearer_for(link: HelpdeskLink, request: InboundRequest) -> Bearer:
    """Verify the signed caller and map the agent to a member by e-mail. HelpdeskError."""
    context = link.adapter.verify_caller(link.credentials, request)
    with scoping.tenant(link.connection.tenant_id):
        member = _member_of(context)
    return Bearer(
        tenant=str(link.connection.tenant_id),
        connection=str(link.connection.id),
        member=str(member.id) if member else "",
        agent_name=context.agent_name,
        agent_email=context.agent_email,
        ticket=context.ticket_id,
        language=context.language,
        ticket_language=context.ticket_language,
        email=context.customer_email,
        is_email_verified=context.is_customer_verified,
        name=context.customer_name,
        external_id=context.customer_external_id,
        started=int(clock.now().timestamp()),
    )


def _member_of(context: TicketContext) -> Member | None:
    """The member with this verified address."""
    if not context.agent_email:
        return None
    user = User.objects.filter(email=context.agent_email, is_active=True).first()
    if user is None or not _owns_address(user):
        return None
    return Member.objects.filter(user=user, is_active=True).first()


def _owns_address(user: User) -> bool:
    rows = EmailAddress.objects.filter(user_id=user.pk, email__iexact=user.email, verified=True)
    return bool(rows.exists())
