"""A dialog's draft, with the gateway's own preview of what it would cost where there is one."""

from dataclasses import replace

from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.services import preview_change
from chargedesk.kit.money import Money
from chargedesk.sidebar.dialog import FORMS, Draft, subject_of
from chargedesk.sidebar.dialog.subscriptions import wished_change
from chargedesk.sidebar.orders import Submitted
from chargedesk.sidebar.views.base import PanelView
from gateways.errors import GatewayError


def draft_of(view: PanelView, submitted: Submitted) -> Draft:
    """What was typed so far, about what; inside the tenant's scope. NoSuchObjectError."""
    subject = subject_of(view.session, submitted.action, submitted.object_id, ip=view.ip)
    return Draft(session=view.session, subject=subject, submitted=submitted)


def with_preview(
    view: PanelView, draft: Draft, *, amount: Money | None = None
) -> tuple[Draft, str]:
    """The draft with its amount and the gateway's preview, and why there is none; outside scopes.

    The preview is of one moment, and the order then says that moment, so that what was shown is
    what is billed.
    """
    draft = replace(draft, amount=amount)
    wish = wished_change(draft) if FORMS[draft.submitted.action].previews else {}
    if not wish:
        return draft, ""
    try:
        change, resolved = preview_change(view.session.tenant_id, draft.submitted.object_id, wish)
    except (ActionDeniedError, GatewayError) as error:
        return draft, error.message
    return replace(draft, change=change, resolved=resolved), ""
