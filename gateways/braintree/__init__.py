"""Braintree: the declaration, and the adapter that hands each call to the module that does it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from gateways.braintree import (
    actions,
    card_page,
    check,
    listing,
    orders,
    polling,
    reading,
    webhooks,
)
from gateways.braintree.mapping.amounts import CURRENCIES
from gateways.capabilities import (
    CancelCapability,
    Capabilities,
    CaptureCapability,
    CreateSubscriptionCapability,
    PlainCapability,
    Proof,
    RefundCapability,
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
from gateways.errors import UnsupportedError
from gateways.snapshots import AnySnapshot, ObjectKind

# Most calls carry a request key, but its life is published for another interface of Braintree
# only, and a merchant may not have it: so an unanswered order is never sent again on its strength.
# Reads by id show every change at once, the sale names its refunds, and a request is over within a
# minute: finding nothing twice, ten minutes apart, is proof.
_BY_READING = Proof(key_life=None, looks_up=True, empty_is_proof=True)
# A new sale is found by a search only, which may lag: nothing found proves nothing.
_BY_SEARCH = Proof(key_life=None, looks_up=True, empty_is_proof=False)


# Pages of the control panel (assumed).
_PAGES = {
    ObjectKind.CHARGE: "transactions",
    ObjectKind.REFUND: "transactions",
    ObjectKind.PAYMENT: "transactions",
    ObjectKind.CUSTOMER: "customers",
    ObjectKind.SUBSCRIPTION: "subscriptions",
    ObjectKind.DISPUTE: "disputes",
}


class BraintreeAdapter:
    """Braintree behind the contract of `gateways.contract`."""

    name = "braintree"
    label = "Braintree"
    challenge_field = "bt_challenge"
    settings_fields: Sequence[SettingsField] = (
        SettingsField(
            name="environment",
            label="Environment",
            help="Either production or sandbox.",
        ),
        SettingsField(
            name="merchant_id",
            label="Merchant ID",
            help="In Braintree's control panel under Settings, Business.",
        ),
        SettingsField(
            name="public_key",
            label="Public key",
            help=(
                "In the control panel under Settings, API. The key has the rights of the user it "
                "belongs to: reading, and what your team may do, such as refunding and voiding."
            ),
        ),
        SettingsField(
            name="private_key",
            label="Private key",
            help="Beside the public key. Braintree also signs webhooks with it.",
            is_secret=True,
        ),
    )
    capabilities = Capabilities(
        reads=listing.LISTED,
        reads_by_id=frozenset({ObjectKind.PAYMENT, ObjectKind.PAYMENT_METHOD}),
        # Nothing tells when it was changed. What waits to be settled shows as taken here, so that
        # only listing it again tells if it was; of customers nothing but their making is dated.
        nightly_lists={
            ObjectKind.CHARGE: timedelta(days=31),
            ObjectKind.REFUND: timedelta(days=31),
            ObjectKind.CUSTOMER: None,
        },
        nightly_reads=frozenset(
            {
                ObjectKind.CHARGE,
                ObjectKind.REFUND,
                ObjectKind.DISPUTE,
                ObjectKind.SUBSCRIPTION,
            }
        ),
        registers_webhooks=False,
        polls_events=True,
        dates_webhooks=False,
        completes_calls=True,
        webhook_secret_field="private_key",  # noqa: S106  the name of the field
        currency=CURRENCIES,
        refund=RefundCapability(proof=_BY_READING, reasons=orders.REFUND_REASONS),
        capture=CaptureCapability(proof=_BY_READING),
        void=VoidCapability(proof=_BY_READING),
        charge=PlainCapability(proof=_BY_SEARCH),
        authorize=PlainCapability(proof=_BY_SEARCH),
        create_subscription=CreateSubscriptionCapability(
            proof=_BY_READING, has_quantity=False, has_coupon=False
        ),
        cancel_subscription=CancelCapability(proof=_BY_READING, at_period_end=False),
    )

    def check(self, credentials: Credentials) -> AccountCheck:
        """Test keys; live or test is the environment."""
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
        """One page of up to fifty objects, newest first; plans come all at once."""
        return listing.page(credentials, kind, cursor=cursor, since=since)

    def events(self, credentials: Credentials, *, since: datetime, cursor: str = "") -> EventPage:
        """One page of what changed, found by the times of each status."""
        return polling.events(credentials, since=since, cursor=cursor)

    def register_webhook(self, credentials: Credentials, *, url: str) -> WebhookEndpoint:
        """UnsupportedError: the address is pasted in Braintree's control panel."""
        raise UnsupportedError("Paste the address in Braintree's control panel.")

    def remove_webhook(self, credentials: Credentials, *, external_id: str) -> None:
        """UnsupportedError: the address is removed in Braintree's control panel."""
        raise UnsupportedError("Remove the address in Braintree's control panel.")

    def parse_webhook(
        self, request: InboundRequest, *, secrets: Sequence[str]
    ) -> Sequence[GatewayEvent]:
        """Verify on the raw body, then parse."""
        return webhooks.parse_webhook(request, secrets=secrets)

    def parse_stored(self, body: bytes) -> Sequence[GatewayEvent]:
        """Parse a body that was verified when it was stored, or that polling brought."""
        return webhooks.events_of(body)

    def answer_challenge(self, credentials: Credentials, challenge: str) -> str:
        """Answer the control panel's check of our address (`bt_challenge`), as plain text."""
        return webhooks.challenge_answer(
            challenge,
            public_key=credentials.values["public_key"].strip(),
            private_key=credentials.values["private_key"].strip(),
        )

    def card_page(self, credentials: Credentials, *, customer_id: str) -> card_page.CardPage:
        """What a page needs so that the customer can give a new card."""
        return card_page.card_page(credentials, customer_id=customer_id)

    def freeze(self, order: Order) -> tuple[FrozenStep, ...]:
        """Resolve an order into one call."""
        return orders.freeze(order)

    def complete(
        self, credentials: Credentials, order: Order, steps: tuple[FrozenStep, ...]
    ) -> tuple[FrozenStep, ...]:
        """Put the merchant account in that takes the order's currency."""
        return tuple(actions.complete(credentials, order, step) for step in steps)

    def send(
        self, credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
    ) -> Outcome:
        """Make one call, once."""
        return actions.send(credentials, order, step, deadline=deadline)

    def look_up(self, credentials: Credentials, order: Order, step: FrozenStep) -> Finding:
        """Look for what an unanswered step did; every order is one step."""
        return actions.look_up(credentials, order)

    def object_url(
        self, kind: ObjectKind, external_id: str, *, is_live: bool, account_id: str = ""
    ) -> str:
        """The object's page in the control panel, below the merchant's id."""
        page = _PAGES.get(kind)
        if not page or not account_id or external_id.startswith("guest:"):
            return ""
        host = "www" if is_live else "sandbox"
        merchant, own = quote(account_id, safe=""), quote(external_id, safe="")
        return f"https://{host}.braintreegateway.com/merchants/{merchant}/{page}/{own}"


ADAPTER = BraintreeAdapter()
