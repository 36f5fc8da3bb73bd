"""An entry of the audit log as a sentence for people, in the language that is active."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import AuditEvent
from audit.verbs import Verb

# An order that ended halfway must never read as plainly failed.
_PARTLY_DONE = "partly_done"
_NOT_SAID = "…"

_SENTENCES: Mapping[str, Promise] = {
    Verb.TENANT_CREATED: gettext_lazy("%(who)s opened the account of %(name)s"),
    Verb.MEMBER_ADDED: gettext_lazy("%(who)s let %(user)s into the team"),
    Verb.MEMBER_ROLE_CHANGED: gettext_lazy(
        "%(who)s changed the role of a member from %(before)s to %(after)s"
    ),
    Verb.MEMBER_REMOVED: gettext_lazy("%(who)s removed %(user)s from the team"),
    Verb.LIMIT_CHANGED: gettext_lazy(
        "%(who)s changed the limits in %(currency)s of the role %(role)s"
    ),
    Verb.API_KEY_CREATED: gettext_lazy("%(who)s made the API key “%(name)s”"),
    Verb.API_KEY_REVOKED: gettext_lazy("%(who)s revoked an API key"),
    Verb.CONNECTION_ADDED: gettext_lazy("%(who)s connected an account at %(provider)s"),
    Verb.CONNECTION_CHANGED: gettext_lazy("%(who)s changed a connection"),
    Verb.CONNECTION_PAUSED: gettext_lazy("%(who)s paused a connection"),
    Verb.CONNECTION_RESUMED: gettext_lazy("%(who)s resumed a connection"),
    Verb.CONNECTION_REMOVED: gettext_lazy("%(who)s removed a connection"),
    Verb.SYNC_PAUSED: gettext_lazy("%(who)s paused an import"),
    Verb.SYNC_RESUMED: gettext_lazy("%(who)s resumed an import"),
    Verb.RECORD_DELETED: gettext_lazy("%(who)s deleted the record %(id)s"),
    Verb.CUSTOMER_LINKED: gettext_lazy("%(who)s linked %(value)s to a customer"),
    Verb.CUSTOMER_MERGED: gettext_lazy("%(who)s merged two customers"),
    Verb.CUSTOMER_SEPARATED: gettext_lazy("%(who)s separated two customers"),
    Verb.NOTE_OFFERED: gettext_lazy("%(who)s added a note to the ticket %(object)s"),
    Verb.ACTION_REQUESTED: gettext_lazy("%(who)s ordered %(order)s"),
    Verb.ACTION_APPROVED: gettext_lazy("%(who)s approved %(order)s, ordered by %(by)s"),
    Verb.ACTION_REJECTED: gettext_lazy("%(who)s did not approve %(order)s, ordered by %(by)s"),
    Verb.ACTION_CANCELED: gettext_lazy("%(who)s took back, before it was sent, %(order)s"),
    Verb.ACTION_EXPIRED: gettext_lazy(
        "%(who)s let expire, without sending it, %(order)s, ordered by %(by)s"
    ),
    Verb.ACTION_SUPERSEDED: gettext_lazy(
        "%(who)s set aside, because things had changed, %(order)s, ordered by %(by)s"
    ),
    Verb.ACTION_SUCCEEDED: gettext_lazy("%(who)s completed %(order)s, ordered by %(by)s"),
    Verb.ACTION_PENDING: gettext_lazy(
        "%(who)s sent %(order)s, ordered by %(by)s: the gateway has it on its way"
    ),
    Verb.ACTION_FAILED: gettext_lazy("%(who)s could not complete %(order)s, ordered by %(by)s"),
    Verb.ACTION_UNKNOWN: gettext_lazy(
        "%(who)s got no clear answer about %(order)s, ordered by %(by)s, and looks it up"
    ),
    Verb.ACTION_REVERSED: gettext_lazy(
        "%(who)s saw that the gateway took back %(order)s, ordered by %(by)s"
    ),
    Verb.ACTION_REOPENED: gettext_lazy(
        "%(who)s found that it was done after all: %(order)s, ordered by %(by)s"
    ),
    Verb.ACTION_RESOLVED: gettext_lazy("%(who)s said what became of %(order)s, ordered by %(by)s"),
    Verb.ORDERS_PAUSED: gettext_lazy("%(who)s paused all orders"),
    Verb.ORDERS_RESUMED: gettext_lazy("%(who)s let orders go again"),
    Verb.INCIDENT_RAISED: gettext_lazy("%(who)s raised an alarm"),
}
_BY_RESULT: Mapping[tuple[str, str], Promise] = {
    (Verb.CUSTOMER_LINKED, "unlinked"): gettext_lazy(
        "%(who)s removed the link of %(value)s to a customer"
    ),
    (Verb.ACTION_FAILED, _PARTLY_DONE): gettext_lazy(
        "%(who)s completed only a part of %(order)s, ordered by %(by)s"
    ),
}
_ALARM_ABOUT_ORDER = gettext_lazy("%(who)s raised an alarm about %(order)s, ordered by %(by)s")
_CONFIRMED = gettext_lazy("%(who)s confirmed what became of %(order)s, ordered by %(by)s")

# By the gateways' names of the actions.
_ORDERS: Mapping[str, Promise] = {
    "refund": gettext_lazy("a refund of %(amount)s"),
    "capture": gettext_lazy("a capture of %(amount)s"),
    "void": gettext_lazy("the release of a hold of %(amount)s"),
    "charge": gettext_lazy("a charge of %(amount)s"),
    "authorize": gettext_lazy("an authorization of %(amount)s"),
    "request_payment": gettext_lazy("a payment request over %(amount)s"),
    "create_subscription": gettext_lazy("a new subscription"),
    "change_subscription": gettext_lazy("a subscription's change of plan"),
    "pause_subscription": gettext_lazy("a subscription's pause"),
    "resume_subscription": gettext_lazy("the end of a subscription's pause"),
    "cancel_subscription": gettext_lazy("a subscription's cancellation"),
    "apply_coupon": gettext_lazy("a coupon for a subscription"),
    "remove_coupon": gettext_lazy("the removal of a subscription's coupon"),
    "send_invoice": gettext_lazy("the sending of an invoice"),
    "void_invoice": gettext_lazy("the voiding of an invoice"),
    "update_tax_details": gettext_lazy("another address or tax id of a customer"),
    "request_card_update": gettext_lazy("a link for another card of a customer"),
    "use_payment_method": gettext_lazy("the use of another card of a customer"),
}


def sentence(entry: AuditEvent) -> str:
    """Who did what, such as “Anna ordered a refund of 5.00 EUR”; asks the database nothing."""
    details = entry.details
    said = _Said(
        {name: value for name, value in details.items() if value is not None},
        who=entry.actor_label or entry.actor_id or entry.actor_kind,
        object=entry.object_id,
        order=_order(details),
        by=details.get("requested_by") or _NOT_SAID,
    )
    template = _template(entry)
    return str(template) % said if template else f"{said['who']}: {entry.verb}"


class _Said(dict[str, object]):
    """What an entry says; one of an older release may lack a word."""

    def __missing__(self, _name: str) -> str:
        return _NOT_SAID


def _template(entry: AuditEvent) -> Promise | None:
    if entry.verb == Verb.INCIDENT_RAISED and "action" in entry.details:
        return _ALARM_ABOUT_ORDER
    if entry.verb == Verb.ACTION_RESOLVED and entry.details.get("stage") == "confirmed":
        return _CONFIRMED
    return _BY_RESULT.get((entry.verb, entry.result)) or _SENTENCES.get(entry.verb)


def _order(details: Mapping[str, object]) -> str:
    words = _ORDERS.get(str(details.get("action")))
    amount = details.get("amount") or _NOT_SAID
    return str(words) % {"amount": amount} if words else _("an order")
