"""What a gateway can do, as data: a missing capability is None, a present one has limits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import cast

from chargedesk.kit.money import Money
from gateways.snapshots import ObjectKind

# How far back the nightly check lists what is made, where an adapter does not say otherwise.
NIGHTLY = timedelta(days=7)


class ActionKind(StrEnum):
    """The billing actions an adapter may offer; each is a field of `Capabilities`."""

    REFUND = "refund"
    CAPTURE = "capture"
    VOID = "void"
    CHARGE = "charge"
    AUTHORIZE = "authorize"
    REQUEST_PAYMENT = "request_payment"
    CREATE_SUBSCRIPTION = "create_subscription"
    CHANGE_SUBSCRIPTION = "change_subscription"
    PAUSE_SUBSCRIPTION = "pause_subscription"
    RESUME_SUBSCRIPTION = "resume_subscription"
    CANCEL_SUBSCRIPTION = "cancel_subscription"
    APPLY_COUPON = "apply_coupon"
    REMOVE_COUPON = "remove_coupon"
    SEND_INVOICE = "send_invoice"
    VOID_INVOICE = "void_invoice"
    UPDATE_TAX_DETAILS = "update_tax_details"
    REQUEST_CARD_UPDATE = "request_card_update"
    USE_PAYMENT_METHOD = "use_payment_method"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How an unanswered try can be settled (M7).

    Attributes:
        key_life: the published life of the provider's idempotency key, None where there is none. A
            key is dead at half of it, counted from the first try.
        looks_up: the adapter can look for our marker, or for the state that the order wanted.
        empty_is_proof: finding nothing, twice and ten minutes apart, proves that nothing happened.
    """

    key_life: timedelta | None = None
    looks_up: bool = True
    empty_is_proof: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCapability:
    """Refunds. `age_limit`: of the charge; `reasons`: our code to the provider's word."""

    proof: Proof
    is_partial: bool = True
    is_repeatable: bool = True
    age_limit: timedelta | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureCapability:
    """Captures. `is_partial`: less than the whole may be taken; the rest is released."""

    proof: Proof
    is_partial: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidCapability:
    """Giving an authorization back before it is captured, always whole."""

    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCapability:
    """Ending a subscription, `now` or at the end of the paid period."""

    proof: Proof
    now: bool = True
    at_period_end: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCapability:
    """An action without limits of its own."""

    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCapability(PlainCapability):
    """Taking money or asking for it.

    `has_metadata`: the caller's own words are kept on what is made. `has_lines`: several things are
    asked for at once.
    """

    has_metadata: bool = False
    has_lines: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendInvoiceCapability:
    """Mailing an invoice. `is_repeatable`: also one that was mailed before."""

    proof: Proof
    is_repeatable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSubscriptionCapability:
    """Starting a subscription to an existing price, paid by a stored payment method.

    `has_metadata`: the caller's own words are kept on it.
    """

    proof: Proof
    has_metadata: bool = False
    has_quantity: bool = True
    has_trial: bool = True
    has_coupon: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubscriptionCapability:
    """Another price or quantity. `previews`: `preview` tells what the change costs before it.

    `prorations`: how the difference for the running period may be billed, the usual way first.
    """

    proof: Proof
    has_quantity: bool = True
    previews: bool = True
    prorations: tuple[str, ...] = ("next_invoice", "now", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxDetailsCapability:
    """Tax id and address. `tax_id_types`: the provider's words; empty where ids are not kept."""

    proof: Proof
    tax_id_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyRules:
    """Steps of currencies in ISO minor units (M13): an amount must be a multiple of its step."""

    steps: Mapping[str, int] = field(default_factory=dict)
    unsupported: frozenset[str] = frozenset()

    def step(self, currency: str) -> int:
        """The smallest difference between two amounts, in minor units."""
        return self.steps.get(currency, 1)

    def is_on_step(self, money: Money) -> bool:
        """Whether the provider can move exactly this amount."""
        return (
            money.currency.code not in self.unsupported
            and money.minor % self.step(money.currency.code) == 0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Everything a gateway can do.

    Attributes:
        reads: kinds that `page` lists and `read` knows.
        reads_by_id: kinds that only `read` knows, because the gateway has no list of them.
        nightly_lists: how far back, by creation, the nightly check lists a kind; None is all of it,
            for what cannot be asked for by time. Kinds not named: the week before.
        nightly_reads: kinds whose changes no list tells: the nightly check reads each of them again
            that is not at its end (`snapshots.UNFINISHED`).
        dates_webhooks: what signs a webhook covers its time, so that old ones are refused; where it
            does not, webhooks are hints only.
        webhook_secret_field: the settings field that also signs webhooks, where there is one: then
            nobody has to paste a secret.
        checks_keys: `check` tries a key at the provider; False where there is no account to open.
        takes_records: the tenant tells what there is, through `/v1` (`contract.TakesRecords`).
        completes_calls: a part of some calls is known to the gateway only and is asked for before
            the first try (`contract.CompletesCalls`).
        needs_functions: an action is offered only where the tenant gave an address for it.
    """

    reads: frozenset[ObjectKind]
    reads_by_id: frozenset[ObjectKind] = frozenset()
    nightly_lists: Mapping[ObjectKind, timedelta | None] = field(default_factory=dict)
    nightly_reads: frozenset[ObjectKind] = frozenset()
    registers_webhooks: bool = False
    polls_events: bool = False
    dates_webhooks: bool = True
    webhook_secret_field: str = ""
    has_test_mode: bool = True
    several_accounts: bool = True
    checks_keys: bool = True
    takes_records: bool = False
    completes_calls: bool = False
    needs_functions: bool = False
    currency: CurrencyRules = field(default_factory=CurrencyRules)
    refund: RefundCapability | None = None
    capture: CaptureCapability | None = None
    void: VoidCapability | None = None
    charge: PlainCapability | None = None
    authorize: PlainCapability | None = None
    request_payment: PlainCapability | None = None
    create_subscription: CreateSubscriptionCapability | None = None
    change_subscription: ChangeSubscriptionCapability | None = None
    pause_subscription: PlainCapability | None = None
    resume_subscription: PlainCapability | None = None
    cancel_subscription: CancelCapability | None = None
    apply_coupon: PlainCapability | None = None
    remove_coupon: PlainCapability | None = None
    send_invoice: SendInvoiceCapability | None = None
    void_invoice: PlainCapability | None = None
    update_tax_details: TaxDetailsCapability | None = None
    request_card_update: PlainCapability | None = None
    use_payment_method: PlainCapability | None = None

    def proof(self, action: ActionKind) -> Proof | None:
        """How an unanswered try of `action` is settled; None if the action is not offered."""
        offered = getattr(self, action.value)
        return cast(Proof, offered.proof) if offered else None

    def as_json(self) -> dict[str, object]:
        """The declaration as JSON values: sets sorted, durations in seconds."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)  # noqa: S101  asdict of a dataclass is a dict
        return plain


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(str(each) for each in value)
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return value
