"""PayPal: the declaration, and the adapter that hands each call to the module that does it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from gateways.capabilities import (
    CancelCapability,
    Capabilities,
    CaptureCapability,
    PlainCapability,
    Proof,
    RefundCapability,
    SendInvoiceCapability,
    VoidCapability,
)
from gateways.contract import (
    AccountCheck,
    Credentials,
    EventPage,
    Finding,
    FrozenStep,
    GatewayEvent,
    InboundRequest,
    Order,
    Outcome,
    Page,
    SettingsField,
    WebhookEndpoint,
)
from gateways.paypal import actions, check, endpoints, listing, orders, reading, webhooks
from gateways.paypal.certificates import LIVE, Trust
from gateways.paypal.mapping.amounts import CURRENCIES
from gateways.snapshots import AnySnapshot, ObjectKind

# PayPal keeps keys of payments v2 for 45 days. Orders show refunds and captures at once, but a
# payment without an order only shows them in the report, hours later: finding nothing proves
# nothing.
_BY_KEY = Proof(key_life=timedelta(days=45), looks_up=True, empty_is_proof=False)
# Voiding, cancelling, and all of invoicing have no key. Their objects are read by id, which shows
# every write at once, and an unanswered request is over within minutes.
_BY_STATE = Proof(key_life=None, looks_up=True, empty_is_proof=True)

_PAGES = {
    ObjectKind.CHARGE: "activity/payment",
    ObjectKind.REFUND: "activity/payment",
    ObjectKind.PAYMENT: "activity/payment",
    ObjectKind.INVOICE: "invoice/details",
    ObjectKind.SUBSCRIPTION: "billing/subscriptions",
    ObjectKind.PRICE: "billing/plans",
}


class PayPalAdapter:
    """PayPal behind the contract of `gateways.contract`. `trust`: whose webhooks are believed."""

    name = "paypal"
    label = "PayPal"
    settings_fields: Sequence[SettingsField] = (
        SettingsField(
            name="client_id",
            label="Client ID",
            help=(
                "Of a REST app in the PayPal developer dashboard, under Apps & Credentials. Switch "
                "on its features Transaction Search, Subscriptions, Invoicing and Customer "
                "Disputes. PayPal takes up to nine hours until Transaction Search works."
            ),
        ),
        SettingsField(name="client_secret", label="Secret", is_secret=True),
        SettingsField(
            name="environment",
            label="Environment",
            help="“live” or “sandbox”; live if left empty.",
            is_required=False,
        ),
    )
    capabilities = Capabilities(
        reads=listing.LISTED,
        # The report is asked by the time something was made, and a row's status changes later.
        nightly_lists=dict.fromkeys(listing.BY_REPORT, timedelta(days=31)),
        nightly_reads=frozenset(
            {
                ObjectKind.CHARGE,
                ObjectKind.REFUND,
                ObjectKind.DISPUTE,
                ObjectKind.SUBSCRIPTION,
                ObjectKind.INVOICE,
            }
        ),
        registers_webhooks=True,
        polls_events=True,
        currency=CURRENCIES,
        refund=RefundCapability(
            proof=_BY_KEY, age_limit=timedelta(days=180), reasons=orders.REASONS
        ),
        capture=CaptureCapability(proof=_BY_KEY),
        void=VoidCapability(proof=_BY_STATE),
        pause_subscription=PlainCapability(proof=_BY_STATE),
        resume_subscription=PlainCapability(proof=_BY_STATE),
        cancel_subscription=CancelCapability(proof=_BY_STATE, at_period_end=False),
        send_invoice=SendInvoiceCapability(proof=_BY_STATE, is_repeatable=False),
        void_invoice=PlainCapability(proof=_BY_STATE),
    )

    def __init__(self, *, trust: Trust = LIVE) -> None:
        self._trust = trust

    def check(self, credentials: Credentials) -> AccountCheck:
        """Test a key by the rights of its token."""
        return check.check(credentials)

    def read(
        self, credentials: Credentials, kind: ObjectKind, external_id: str
    ) -> tuple[AnySnapshot, ...]:
        """Read one object again, with what belongs to it."""
        return reading.read(credentials, kind, external_id)

    def read_before_money(self, credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
        """Read all that decides about an order."""
        return actions.read_before_money(credentials, order)

    def page(
        self,
        credentials: Credentials,
        kind: ObjectKind,
        *,
        cursor: str = "",
        since: datetime | None = None,
    ) -> Page:
        """One page, newest first; payments from the report, in windows of 31 days."""
        return listing.page(credentials, kind, cursor=cursor, since=since)

    def events(self, credentials: Credentials, *, since: datetime, cursor: str = "") -> EventPage:
        """One page of the app's own events of the last 30 days, newest first."""
        return listing.events(credentials, since=since, cursor=cursor)

    def register_webhook(self, credentials: Credentials, *, url: str) -> WebhookEndpoint:
        """Make an endpoint."""
        return endpoints.register(credentials, url=url)

    def remove_webhook(self, credentials: Credentials, *, external_id: str) -> None:
        """Remove an endpoint."""
        endpoints.remove(credentials, external_id=external_id)

    def parse_webhook(
        self, request: InboundRequest, *, secrets: Sequence[str]
    ) -> Sequence[GatewayEvent]:
        """Verify on the raw body, then parse."""
        return webhooks.parse_webhook(request, secrets=secrets, trust=self._trust)

    def parse_stored(self, body: bytes) -> Sequence[GatewayEvent]:
        """Parse a body that was verified when it was stored."""
        return [webhooks.event_of(body)]

    def freeze(self, order: Order) -> tuple[FrozenStep, ...]:
        """Resolve an order into one call."""
        return orders.freeze(order)

    def send(
        self, credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
    ) -> Outcome:
        """Make one call, once."""
        return actions.send(credentials, order, step, deadline=deadline)

    def look_up(self, credentials: Credentials, order: Order, step: FrozenStep) -> Finding:
        """Look for what an unanswered step did.

        Every order is one step, so the order says it all.
        """
        return actions.look_up(credentials, order)

    def object_url(
        self, kind: ObjectKind, external_id: str, *, is_live: bool, account_id: str = ""
    ) -> str:
        """The object's page at PayPal."""
        page, host = _PAGES.get(kind), "www" if is_live else "www.sandbox"
        return f"https://{host}.paypal.com/{page}/{quote(external_id, safe='')}" if page else ""


ADAPTER = PayPalAdapter()
