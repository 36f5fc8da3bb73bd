"""Recurly: the declaration, and the adapter that hands each call to the module that does it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateways.capabilities import (
    CancelCapability,
    Capabilities,
    ChangeSubscriptionCapability,
    CreateSubscriptionCapability,
    PlainCapability,
    Proof,
    RefundCapability,
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
from gateways.errors import UnsupportedError
from gateways.recurly import actions, card_page, check, listing, orders, polling, reading, webhooks
from gateways.snapshots import AnySnapshot, ObjectKind

# Recurly keeps answers for an hour, for every method that writes. Nothing says how soon a list
# shows a refund, or how long the gateway behind Recurly may take, so an empty look-up proves
# nothing.
_BY_KEY = Proof(key_life=timedelta(hours=1), looks_up=True, empty_is_proof=False)
# Neither a change nor a redeemed coupon has a place for our marker, and somebody else may have done
# the same: once the key is dead a person decides.
_BY_KEY_ONLY = Proof(key_life=timedelta(hours=1), looks_up=False)


class RecurlyAdapter:
    """Recurly behind the contract of `gateways.contract`."""

    name = "recurly"
    label = "Recurly"
    settings_fields: Sequence[SettingsField] = (
        SettingsField(
            name="api_key",
            label="Private API key",
            help="Found in Recurly under Integrations, API Credentials. A key belongs to one site.",
            is_secret=True,
        ),
        SettingsField(
            name="region",
            label="Region",
            help="us or eu: where the site's data is kept. Empty means us.",
            is_required=False,
        ),
    )
    capabilities = Capabilities(
        reads=listing.LISTED,
        reads_by_id=frozenset({ObjectKind.PAYMENT}),
        polls_events=True,
        completes_calls=True,
        refund=RefundCapability(proof=_BY_KEY, reasons=orders.REFUND_REASONS),
        charge=PlainCapability(proof=_BY_KEY),
        create_subscription=CreateSubscriptionCapability(
            proof=_BY_KEY, has_trial=False, has_coupon=False
        ),
        change_subscription=ChangeSubscriptionCapability(
            proof=_BY_KEY_ONLY, previews=False, prorations=tuple(orders.PRORATIONS)
        ),
        pause_subscription=PlainCapability(proof=_BY_KEY),
        resume_subscription=PlainCapability(proof=_BY_KEY),
        cancel_subscription=CancelCapability(proof=_BY_KEY),
        apply_coupon=PlainCapability(proof=_BY_KEY_ONLY),
        remove_coupon=PlainCapability(proof=_BY_KEY),
    )

    def check(self, credentials: Credentials) -> AccountCheck:
        """Test a key; live or test follows from the mode of its site."""
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
        """One page of up to two hundred objects, newest first."""
        return listing.page(credentials, kind, cursor=cursor, since=since)

    def events(self, credentials: Credentials, *, since: datetime, cursor: str = "") -> EventPage:
        """One page of what changed since, oldest first."""
        return polling.events(credentials, since=since, cursor=cursor)

    def register_webhook(self, credentials: Credentials, *, url: str) -> WebhookEndpoint:
        """Refused: an endpoint is made by hand in Recurly, under Integrations, Webhooks."""
        raise UnsupportedError("Recurly has no call for this; add the address in Recurly itself.")

    def remove_webhook(self, credentials: Credentials, *, external_id: str) -> None:
        """Refused likewise."""
        raise UnsupportedError("Recurly has no call for this; remove it in Recurly itself.")

    def parse_webhook(
        self, request: InboundRequest, *, secrets: Sequence[str]
    ) -> Sequence[GatewayEvent]:
        """Verify on the raw body, then parse."""
        return webhooks.parse_webhook(request, secrets=secrets)

    def parse_stored(self, body: bytes) -> Sequence[GatewayEvent]:
        """Parse a body that was verified when it was stored."""
        return [webhooks.event_of(body)]

    def card_page(self, credentials: Credentials, *, customer_id: str) -> card_page.HostedPage:
        """Recurly's own page where a customer changes the card; asked for when needed."""
        return card_page.hosted_page(credentials, customer_id=customer_id)

    def freeze(self, order: Order) -> tuple[FrozenStep, ...]:
        """Resolve an order into one call."""
        return orders.freeze(order)

    def complete(
        self, credentials: Credentials, order: Order, steps: tuple[FrozenStep, ...]
    ) -> tuple[FrozenStep, ...]:
        """Put the codes in that the contract wants and that no id tells."""
        return tuple(actions.complete(credentials, order, step) for step in steps)

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
        """None: the address of Recurly's pages has the site's name, which no id tells."""
        return ""


ADAPTER = RecurlyAdapter()
