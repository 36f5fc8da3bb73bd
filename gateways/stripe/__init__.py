"""Stripe: the declaration, and the adapter that hands each call to the module that does it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from gateways.capabilities import (
    CancelCapability,
    Capabilities,
    CaptureCapability,
    ChangeSubscriptionCapability,
    CreateSubscriptionCapability,
    PaymentCapability,
    PlainCapability,
    Proof,
    RefundCapability,
    SendInvoiceCapability,
    TaxDetailsCapability,
    VoidCapability,
)
from gateways.contract import (
    AccountCheck,
    ChangePreview,
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
    SignedDelivery,
    WebhookEndpoint,
)
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe import (
    actions,
    check,
    deliveries,
    endpoints,
    listing,
    looking,
    orders,
    previews,
    reading,
    webhooks,
)
from gateways.stripe.mapping.amounts import CURRENCIES
from gateways.stripe.tax_ids import TAX_ID_TYPES

# Stripe keeps keys for at least a day. Its lists by parent and reads by id show every write at once
# (only its search lags), and an unanswered request is over within minutes, so finding nothing
# twice, ten minutes apart, is proof.
_BY_KEY = Proof(key_life=timedelta(hours=24), looks_up=True, empty_is_proof=True)
# Cancelling at once is a DELETE, for which Stripe keeps no key; cancelling twice changes nothing,
# so it is looked up.
_BY_STATE = Proof(key_life=None, looks_up=True, empty_is_proof=True)
# Only an event tells that an invoice was mailed, and nobody says how soon events are listed.
_BY_EVENT = Proof(key_life=timedelta(hours=24), looks_up=True, empty_is_proof=False)

_PAGES = {
    ObjectKind.CUSTOMER: "customers",
    ObjectKind.PAYMENT: "payments",
    ObjectKind.CHARGE: "payments",
    ObjectKind.DISPUTE: "disputes",
    ObjectKind.PRODUCT: "products",
    ObjectKind.PRICE: "prices",
    ObjectKind.COUPON: "coupons",
    ObjectKind.SUBSCRIPTION: "subscriptions",
    ObjectKind.INVOICE: "invoices",
}


class StripeAdapter:
    """Stripe behind the contract of `gateways.contract`."""

    name = "stripe"
    label = "Stripe"
    settings_fields: Sequence[SettingsField] = (
        SettingsField(
            name="api_key",
            label="Restricted or secret key",
            help=(
                "Best a restricted key (rk_…), made in the Stripe dashboard under Developers, "
                "API keys. Give it read access to customers, tax ids, charges and refunds, "
                "payment intents, payment methods, disputes, early fraud warnings, subscriptions, "
                "invoices, products, prices, coupons and events, and write access to what your "
                "team may do: refunds, payment intents, checkout sessions, subscriptions, "
                "invoices, customers, tax ids, webhook endpoints."
            ),
            is_secret=True,
        ),
    )
    capabilities = Capabilities(
        reads=listing.LISTED,
        reads_by_id=frozenset({ObjectKind.PAYMENT_METHOD}),
        registers_webhooks=True,
        polls_events=True,
        currency=CURRENCIES,
        refund=RefundCapability(proof=_BY_KEY, reasons=orders.REFUND_REASONS),
        capture=CaptureCapability(proof=_BY_KEY),
        void=VoidCapability(proof=_BY_KEY),
        charge=PaymentCapability(proof=_BY_KEY, has_metadata=True),
        authorize=PaymentCapability(proof=_BY_KEY, has_metadata=True),
        request_payment=PaymentCapability(proof=_BY_KEY, has_metadata=True, has_lines=True),
        create_subscription=CreateSubscriptionCapability(proof=_BY_KEY, has_metadata=True),
        change_subscription=ChangeSubscriptionCapability(proof=_BY_KEY),
        pause_subscription=PlainCapability(proof=_BY_KEY),
        resume_subscription=PlainCapability(proof=_BY_KEY),
        cancel_subscription=CancelCapability(proof=_BY_STATE),
        apply_coupon=PlainCapability(proof=_BY_KEY),
        remove_coupon=PlainCapability(proof=_BY_KEY),
        send_invoice=SendInvoiceCapability(proof=_BY_EVENT),
        void_invoice=PlainCapability(proof=_BY_KEY),
        update_tax_details=TaxDetailsCapability(proof=_BY_KEY, tax_id_types=TAX_ID_TYPES),
        request_card_update=PlainCapability(proof=_BY_KEY),
        use_payment_method=PlainCapability(proof=_BY_KEY),
    )

    def check(self, credentials: Credentials) -> AccountCheck:
        """Test a key; live or test follows from its prefix."""
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
        """One page of up to a hundred objects, newest first."""
        return listing.page(credentials, kind, cursor=cursor, since=since)

    def events(self, credentials: Credentials, *, since: datetime, cursor: str = "") -> EventPage:
        """One page of the events of the last 30 days, newest first."""
        return listing.events(credentials, since=since, cursor=cursor)

    def register_webhook(self, credentials: Credentials, *, url: str) -> WebhookEndpoint:
        """Make an endpoint that speaks our pinned API version."""
        return endpoints.register(credentials, url=url)

    def remove_webhook(self, credentials: Credentials, *, external_id: str) -> None:
        """Remove an endpoint."""
        endpoints.remove(credentials, external_id=external_id)

    def parse_webhook(
        self, request: InboundRequest, *, secrets: Sequence[str]
    ) -> Sequence[GatewayEvent]:
        """Verify on the raw body, then parse."""
        return webhooks.parse_webhook(request, secrets=secrets)

    def signed_delivery(self, *, secret: str, name: str, at: datetime) -> SignedDelivery:
        """A webhook of our own, to try the address with."""
        return deliveries.signed_delivery(secret=secret, name=name, at=at)

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
        """Look for what an unanswered step did."""
        return looking.look_up(credentials, order, step)

    def preview(self, credentials: Credentials, order: Order) -> ChangePreview:
        """What a change of a subscription would cost."""
        return previews.preview(credentials, order)

    def object_url(
        self, kind: ObjectKind, external_id: str, *, is_live: bool, account_id: str = ""
    ) -> str:
        """The object's page in Stripe's dashboard."""
        page = _PAGES.get(kind)
        mode = "" if is_live else "test/"
        return (
            f"https://dashboard.stripe.com/{mode}{page}/{quote(external_id, safe='')}"
            if page
            else ""
        )


ADAPTER = StripeAdapter()
