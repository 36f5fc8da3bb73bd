"""WooCommerce: the declaration, and the adapter that hands each call to the module that does it."""

from collections.abc import Sequence
from datetime import datetime

from gateways.capabilities import (
    CancelCapability,
    Capabilities,
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
    GrantedKeys,
    InboundRequest,
    MendedWebhook,
    Order,
    Outcome,
    Page,
    SettingsField,
    WebhookEndpoint,
)
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.woocommerce import (
    actions,
    check,
    endpoints,
    grant,
    listing,
    orders,
    polling,
    reading,
    webhooks,
)
from gateways.woocommerce.mapping.amounts import CURRENCIES

# A shop knows no idempotency key. It writes a refund down before it calls its payment gateway, but
# deletes it again when that gateway does not answer the shop, and then money may have moved
# without a trace in the shop: finding nothing is no proof. Nor is it for the order that a request
# makes: somebody may have deleted it, or given it to another customer.
_BY_MARKER = Proof(key_life=None, looks_up=True, empty_is_proof=False)
# What ending and pausing does is the state of the subscription itself.
_BY_STATE = Proof(key_life=None, looks_up=True, empty_is_proof=True)


# WordPress leads from here to the page of an order in either kind of order storage (assumed).
_POSTS = frozenset(
    {ObjectKind.CHARGE, ObjectKind.SUBSCRIPTION, ObjectKind.PRODUCT, ObjectKind.COUPON}
)


class WooCommerceAdapter:
    """A WooCommerce shop behind the contract of `gateways.contract`."""

    name = "woocommerce"
    label = "WooCommerce"
    settings_fields: Sequence[SettingsField] = (
        SettingsField(
            name="shop_url",
            label="Address of the shop",
            help="Such as https://shop.example, with the folder if WordPress is in one.",
        ),
        SettingsField(
            name="consumer_key",
            label="Consumer key",
            help=(
                "Made in WooCommerce under Settings, Advanced, REST API, with the permission "
                "Read/Write, for an administrator or shop manager. It starts with ck_."
            ),
            is_secret=True,
        ),
        SettingsField(
            name="consumer_secret",
            label="Consumer secret",
            help="Shown once, beside the consumer key. It starts with cs_.",
            is_secret=True,
        ),
    )
    capabilities = Capabilities(
        reads=listing.LISTED,
        # All else is asked for by the time of its last change (`polling`); customers cannot be.
        nightly_lists={ObjectKind.CUSTOMER: None},
        registers_webhooks=True,
        polls_events=True,
        dates_webhooks=False,
        has_test_mode=False,
        currency=CURRENCIES,
        refund=RefundCapability(proof=_BY_MARKER, reasons=orders.REFUND_REASONS),
        request_payment=PlainCapability(proof=_BY_MARKER),
        pause_subscription=PlainCapability(proof=_BY_STATE),
        resume_subscription=PlainCapability(proof=_BY_STATE),
        cancel_subscription=CancelCapability(proof=_BY_STATE),
    )

    grant_fields = ("shop_url",)

    def grant_url(
        self, credentials: Credentials, *, state: str, return_url: str, callback_url: str
    ) -> str:
        """The shop's page where its owner approves."""
        return grant.authorize_url(
            credentials, state=state, return_url=return_url, callback_url=callback_url
        )

    def granted(self, request: InboundRequest) -> GrantedKeys:
        """What the shop posted after the approval."""
        return grant.granted_keys(request)

    def check(self, credentials: Credentials) -> AccountCheck:
        """Test the keys: the shop, and each right."""
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
        """One page of what was modified, oldest first."""
        return polling.events(credentials, since=since, cursor=cursor)

    def register_webhook(self, credentials: Credentials, *, url: str) -> WebhookEndpoint:
        """Make one webhook per topic, with a secret of ours."""
        return endpoints.register(credentials, url=url)

    def remove_webhook(self, credentials: Credentials, *, external_id: str) -> None:
        """Remove all webhooks of an endpoint."""
        endpoints.remove(credentials, external_id=external_id)

    def mend_webhook(self, credentials: Credentials, *, url: str, secret: str) -> MendedWebhook:
        """Switch disabled webhooks on again, and make missing ones."""
        return endpoints.mend(credentials, url=url, secret=secret)

    def parse_webhook(
        self, request: InboundRequest, *, secrets: Sequence[str]
    ) -> Sequence[GatewayEvent]:
        """Verify on the raw body, then parse."""
        return webhooks.parse_webhook(request, secrets=secrets)

    def parse_stored(self, body: bytes) -> Sequence[GatewayEvent]:
        """Parse a body that was verified, or an object that was listed, when it was stored."""
        return webhooks.parse_stored(body)

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
        """The object's page in the shop's own administration; the account is its address."""
        if kind not in _POSTS | {ObjectKind.CUSTOMER} or not (
            account_id and external_id.isdecimal()
        ):
            return ""
        base = f"https://{account_id}/wp-admin"
        if kind is ObjectKind.CUSTOMER:
            return f"{base}/user-edit.php?user_id={external_id}"
        return f"{base}/post.php?post={external_id}&action=edit"


ADAPTER = WooCommerceAdapter()
