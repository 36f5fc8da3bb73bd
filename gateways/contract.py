"""The contract between the product and a gateway adapter.

An adapter is stateless: credentials in, snapshots out. It never sees a model, a tenant or a
policy, raises only the errors of `gateways.errors`, and never retries by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast, runtime_checkable
from uuid import UUID

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind, Capabilities
from gateways.snapshots import AnySnapshot, ObjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsField:
    """One field of the connect form; form, redaction and encrypted column follow from it."""

    name: str
    label: str
    help: str = ""
    is_secret: bool = False
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """Addresses of the tenant's own system that carry orders out (`gateways.functions`).

    Attributes:
        urls: by the action's name; `look_up` tells what became of an order.
        secret: signs each call.
        is_trusted: plain http and private addresses are accepted: local and test settings.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    is_trusted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What opens one account.

    Attributes:
        values: by settings field name.
        api_base: another base address, accepted only in local and test settings: a real key never
            goes there.
    """

    values: Mapping[str, str] = field(repr=False)
    api_base: str = ""
    functions: Functions = field(default_factory=Functions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One right of the key, probed. `is_required`: without it the connection is of no use."""

    name: str
    label: str
    is_granted: bool
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """What a key opens: the provider's account id, whether it moves real money, and its rights."""

    account_id: str
    account_name: str
    is_live: bool
    permissions: tuple[Permission, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRequest:
    """A webhook request, frozen. `headers` has lower-case names; `body` is the raw bytes."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayEvent:
    """News from the provider.

    Attributes:
        event_id: unique per connection at the provider.
        kind, object_id: which object it is about; kind is None for news we do not follow.
        occurred_at: the provider's time of the event.
        snapshot: the whole object if the payload is complete and in our pinned version; None for a
            hint, which means that the object is read again by id.
        raw: for a listed event its own bytes, as `parse_stored` reads them; a webhook has them
            already.
    """

    event_id: str
    type: str
    kind: ObjectKind | None
    object_id: str
    occurred_at: datetime
    snapshot: AnySnapshot | None = None
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list, newest first.

    Attributes:
        next_cursor: empty after the last page; it can be stored and resumed.
        unreadable: ids of objects that no snapshot could be made of; one bad object stops no walk.
        beside: what the page tells of objects of other kinds that cannot be listed, such as who
            paid; the same object may come with many pages.
    """

    snapshots: tuple[AnySnapshot, ...]
    next_cursor: str
    total: int | None = None
    unreadable: tuple[str, ...] = ()
    beside: tuple[AnySnapshot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """One page of the provider's event list, oldest unread first or last as the provider has it."""

    events: tuple[GatewayEvent, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A webhook endpoint made at the provider; `secret` verifies what it sends."""

    external_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedWebhook:
    """An endpoint after it was looked at.

    Attributes:
        external_id: as it is now.
        revived, remade: in the provider's words, the news that was switched off, and the news that
            nothing brought any more; both come again.
    """

    external_id: str
    revived: tuple[str, ...] = ()
    remade: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    """How the tenant's own system is asked to carry an order out, resolved (M1).

    Attributes:
        agent: who ordered; words: the reason as the person wrote it.
        subject: what it is about as `/v1` writes it, by kind: `{"charge": {…}}`.
    """

    url: str
    agent: str = ""
    words: str = ""
    subject: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person wants, resolved: nothing is left for the provider to decide (M1).

    Attributes:
        intent_id: the marker that goes into the provider's object.
        target_id: external id of what it is about: a charge (refund, capture, void), a
            subscription, an invoice, or else the customer.
        payment_id: external id of the money root, where it has one.
        money: the amount for a refund, capture, charge, authorization or payment request; for a
            void the amount that was held; None where no amount is ordered.
        reason: our reason code; note: the person's words, kept with us only.
        at_period_end: for a cancellation.
        details: what else the action needs, as JSON values, nothing left to a default of the
            provider (M1):
            charge, authorize: `payment_method` (external id), `description`.
            request_payment: `description`, `return_url`; where `has_lines`, `lines`: list of
            {`description`, `amount_minor` of one, `quantity`} whose sum is `money`, or none.
            These and create_subscription, where `has_metadata`: `metadata`, texts by name, or none.
            create_subscription: `price` (external id), `quantity`, `trial_days` (0 is none),
            `coupon` (external id or empty), `payment_method`.
            change_subscription: `item` (external id of the line), `price`, `quantity`, `prorate`
            (`now`: billed at once, `next_invoice`, `none`), `proration_at` (Unix seconds, the
            moment the preview was made for).
            Both: `unit_minor`, what the price was for one when it was shown (None: not one amount),
            and `currency`; for gateways whose prices change.
            apply_coupon: `coupon`, `customer` (external id), `currency`; remove_coupon: `discount`;
            both `keep`, the external ids of the discounts that stay.
            update_tax_details: `name`, `address` (`line1`, `line2`, `city`, `postal_code`, `state`,
            `country`), `tax_id_type`, `tax_id` (empty is none), `replaces` (external ids of the
            tax ids that go).
            request_card_update: `currency`, `return_url`.
            use_payment_method: `payment_method` (external id, of this customer), `subscriptions`
            (external ids of those that shall be paid by it, too). A card left on the page of a
            card update is on file and no more, until this is ordered.
        function: set where the tenant's own system carries it out instead of the gateway.
    """

    action: ActionKind
    intent_id: UUID
    target_id: str
    payment_id: str = ""
    money: Money | None = None
    reason: str = ""
    at_period_end: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    function: FunctionCall | None = None


class StepDeed(StrEnum):
    """What one call of an order of several does, for the words people read of a half-done one."""

    ADD_TAX_ID = "add_tax_id"
    REMOVE_TAX_ID = "remove_tax_id"
    SAVE_DETAILS = "save_details"
    USE_CARD_FOR_SUBSCRIPTION = "use_card_for_subscription"
    USE_CARD_BY_DEFAULT = "use_card_by_default"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenStep:
    """One provider call of an order, stored before the first try and sent as it stands (M1).

    `body` holds JSON values only. The provider key is the intent's id plus `name`. Of an order of
    several calls `deed` says what this one does, and `about` to which object, by its id.
    """

    name: str
    method: str
    path: str
    body: Mapping[str, object]
    deed: str = ""
    about: str = ""

    def key(self, intent_id: UUID) -> str:
        """The idempotency key of this step."""
        return f"{intent_id}-{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the provider answered, or what a look-up found.

    Attributes:
        state: succeeded, pending (accepted, finishes later) or failed (the object shows a final
            refusal).
        object_id: id of the refund, charge or subscription.
        money: the amount the provider says it moved; None where none moves.
        is_replay: the provider replayed the stored answer of an earlier try.
        carries_marker: the object carries our intent's id.
        snapshots: every object in the answer, for the ledger's doors.
        detail: for a failure, the provider's words.
        url: for a request, the provider's own page where the customer pays or changes the card;
            `expires_at`: until when it works, None for good.
    """

    state: str
    object_id: str
    money: Money | None = None
    is_replay: bool = False
    carries_marker: bool = False
    snapshots: tuple[AnySnapshot, ...] = ()
    detail: str = ""
    url: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePreview:
    """What a change of a subscription would cost, by the provider's own account.

    Attributes:
        lines: text and amount of each proration; credits are negative.
        due_now: charged at once; zero if it waits for the next invoice.
        next_invoice: what the next regular invoice comes to, `next_at` when.
    """

    lines: tuple[tuple[str, Money], ...]
    due_now: Money
    next_invoice: Money
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a look-up saw.

    Attributes:
        outcome: set when our marker was found, or (void, capture, cancel) state and amount equal
            the order (M6).
        seen: without an outcome, what is there instead, in plain words for a human
            (`done_elsewhere`).
        snapshots: everything read, for the ledger's doors.
    """

    outcome: Outcome | None
    seen: str = ""
    snapshots: tuple[AnySnapshot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedKeys:
    """Keys that a provider handed over after a person approved.

    `state` is ours; `values` fill the settings fields that were not asked for before.
    """

    state: str
    values: Mapping[str, str] = field(repr=False)


@runtime_checkable
class GrantsKeys(Protocol):
    """What an adapter also provides whose keys are made on a page of the provider's."""

    grant_fields: Sequence[str]

    def grant_url(
        self, credentials: Credentials, *, state: str, return_url: str, callback_url: str
    ) -> str:
        """Where the person approves. CredentialsError for what the provider would refuse."""
        ...

    def granted(self, request: InboundRequest) -> GrantedKeys:
        """Read the provider's call-back, which proves nothing by itself. PayloadError."""
        ...


@runtime_checkable
class AnswersChallenges(Protocol):
    """What an adapter also provides whose provider checks a webhook address before it uses it."""

    challenge_field: str

    def answer_challenge(self, credentials: Credentials, challenge: str) -> str:
        """The text that proves that the address is ours. SignatureError for odd challenges."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDelivery:
    """A webhook of our own making, signed as the provider signs; it concerns no object."""

    event_id: str
    headers: Mapping[str, str]
    body: bytes


@runtime_checkable
class SignsDeliveries(Protocol):
    """What an adapter also provides whose webhooks are signed with a secret that we hold, too."""

    def signed_delivery(self, *, secret: str, name: str, at: datetime) -> SignedDelivery:
        """A delivery of an event of type `TEST_EVENT`; its id ends with `name`."""
        ...


@runtime_checkable
class MendsWebhooks(Protocol):
    """What an adapter also provides whose provider gives up on a webhook by itself."""

    def mend_webhook(self, credentials: Credentials, *, url: str, secret: str) -> MendedWebhook:
        """Switch on again what the provider switched off at `url`, and make what is missing.

        Safe to repeat. What a person paused there stays paused.
        """
        ...


# What tells our own deliveries from a provider's.
TEST_EVENT = "chargedesk.test"


class GatewayAdapter(Protocol):
    """What every folder under `gateways/` provides as `ADAPTER`."""

    name: str
    label: str
    settings_fields: Sequence[SettingsField]
    capabilities: Capabilities

    def check(self, credentials: Credentials) -> AccountCheck:
        """Test a key: account, mode, rights. CredentialsError if it opens nothing."""
        ...

    def read(
        self, credentials: Credentials, kind: ObjectKind, external_id: str
    ) -> tuple[AnySnapshot, ...]:
        """Read one object again; it comes first, what belongs to it follows. NotFoundError."""
        ...

    def read_before_money(self, credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
        """Read what decides an order: for a refund charge, root, refunds, disputes (M18)."""
        ...

    def page(
        self,
        credentials: Credentials,
        kind: ObjectKind,
        *,
        cursor: str = "",
        since: datetime | None = None,
    ) -> Page:
        """One page of a list. `cursor` from the last page; `since` bounds it by creation."""
        ...

    def events(self, credentials: Credentials, *, since: datetime, cursor: str = "") -> EventPage:
        """One page of the provider's own event list. UnsupportedError where it has none."""
        ...

    def register_webhook(self, credentials: Credentials, *, url: str) -> WebhookEndpoint:
        """Make an endpoint at the provider. UnsupportedError where it must be pasted."""
        ...

    def remove_webhook(self, credentials: Credentials, *, external_id: str) -> None:
        """Remove an endpoint; one that is already gone is fine."""
        ...

    def parse_webhook(
        self, request: InboundRequest, *, secrets: Sequence[str]
    ) -> Sequence[GatewayEvent]:
        """Verify on the raw body, then parse. SignatureError, PayloadError."""
        ...

    def parse_stored(self, body: bytes) -> Sequence[GatewayEvent]:
        """Parse a body that was verified when it was stored. PayloadError."""
        ...

    def freeze(self, order: Order) -> tuple[FrozenStep, ...]:
        """Resolve an order into exact calls (M1). InvalidOrderError, UnsupportedError."""
        ...

    def send(
        self, credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
    ) -> Outcome:
        """Make one call, once; `deadline` covers connect, send and read together (M3)."""
        ...

    def look_up(self, credentials: Credentials, order: Order, step: FrozenStep) -> Finding:
        """Look for what an unanswered step did, without sending anything that moves money (M7)."""
        ...

    def object_url(
        self, kind: ObjectKind, external_id: str, *, is_live: bool, account_id: str = ""
    ) -> str:
        """The object's page in the provider's own dashboard; empty if there is none.

        `account_id`: what `check` told of the account, for dashboards whose addresses need it.
        """
        ...


class PreviewsChanges(Protocol):
    """What an adapter has besides if its `change_subscription.previews`."""

    def preview(self, credentials: Credentials, order: Order) -> ChangePreview:
        """What a change of a subscription would cost; moves nothing."""
        ...


class TakesRecords(Protocol):
    """What an adapter has besides if it `takes_records`: the tenant tells it what there is."""

    def pictures(
        self,
        kind: ObjectKind,
        fields: Mapping[str, Any],
        *,
        stored: bytes,
        as_of: datetime,
    ) -> tuple[AnySnapshot, ...]:
        """The object and what belongs to it, after `fields` were told of the `stored` record.

        `stored` is the raw of the object's last picture, empty for a new one. PayloadError names
        what is missing or makes no sense.
        """
        ...

    def outcome_shown(self, order: Order, snapshots: Sequence[AnySnapshot]) -> Outcome | None:
        """What these pictures prove about an order (M6); None if nothing."""
        ...


class CompletesCalls(Protocol):
    """What an adapter has besides if it `completes_calls`: a part is known there only."""

    def complete(
        self, credentials: Credentials, order: Order, steps: tuple[FrozenStep, ...]
    ) -> tuple[FrozenStep, ...]:
        """The frozen calls with what was missing in them; what they say already is kept.

        It reads only, and is called before the first try; what comes back is stored then, so that
        every try sends the same (M1). InvalidOrderError.
        """
        ...


def calls_completer(adapter: GatewayAdapter) -> CompletesCalls | None:
    """The adapter as one that completes calls; None for one whose `freeze` tells everything."""
    return cast(CompletesCalls, adapter) if adapter.capabilities.completes_calls else None


def records_taker(adapter: GatewayAdapter) -> TakesRecords | None:
    """The adapter as one that is told records; None for one that reads them at its gateway."""
    return cast(TakesRecords, adapter) if adapter.capabilities.takes_records else None
