"""What a gateway gives the contract suite: how to make and disturb things at its sandbox."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, GatewayAdapter, InboundRequest, Order, Outcome
from gateways.snapshots import AnySnapshot

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"


class Fault(StrEnum):
    """What can happen to one call; the sandbox does it over a real socket."""

    ANSWER_LOST_AFTER_EFFECT = "answer_lost_after_effect"
    ANSWER_LOST_BEFORE_EFFECT = "answer_lost_before_effect"
    SLOW_ANSWER = "delay_after_effect"
    SLOW_START = "delay_before_effect"
    RATE_LIMITED = "rate_limited"
    ERROR_500 = "error_500"
    STORED_500 = "stored_500"
    RESET = "reset"
    HALF_BODY = "half_body"
    EMPTY_200 = "empty_200"
    LATE_EFFECT = "late_effect"
    LOOKUP_LAG = "lookup_lag"


class GatewayHarness(Protocol):
    """One per gateway, made by `make_harness(sandbox_url)` in `<gateway>/harness.py`.

    What differs is told by attributes that most have no need of: `never_raised`, errors of the
    closed list that the provider gives no cause for, each with the reason; `own_ways`, a call that
    ends in an error nothing else reaches; `told_without_status`, snapshots whose status is not the
    provider's, each with the reason; `with_new_fields`, for recordings that are no JSON;
    `recordings_folder`, where they lie elsewhere; `published`, by name, what the provider published
    as examples of its answers.
    """

    adapter: GatewayAdapter

    def credentials(self) -> Credentials:
        """Keys that may do everything, to an account nobody else uses."""
        ...

    def revoked_credentials(self) -> Credentials:
        """Keys that were good once."""
        ...

    def limited_credentials(self) -> Credentials:
        """Keys that may read and not refund."""
        ...

    def make_order(self, action: ActionKind, *, at_period_end: bool = False) -> Order:
        """Make what the order needs; a refund or capture takes only a part of it."""
        ...

    def make_late_order(self, action: ActionKind) -> Order | None:
        """The same, where a look-up may show late what was done.

        It then goes by a list, a search or a report. None where it shows every change at once.
        """
        ...

    def make_charges(self, count: int) -> frozenset[str]:
        """Make charges and return the ids of all charges the account has."""
        ...

    def arm(self, fault: Fault, action: ActionKind) -> None:
        """Let the next call that carries out `action` suffer."""
        ...

    def moved(self, order: Order) -> Money:
        """What the provider's own books say was moved for the order's object so far."""
        ...

    def event_body(self) -> bytes:
        """Real news about a charge, as the provider posts it."""
        ...

    def signed(self, body: bytes, *, secret: str, at: datetime) -> InboundRequest:
        """The request that brings `body`, signed as the provider signs, received now."""
        ...

    def parse(self, recording: Mapping[str, object]) -> AnySnapshot | None:
        """The snapshot of a recorded object, or of the object in a recorded event."""
        ...

    def with_status(
        self, recording: Mapping[str, object], word: str
    ) -> Mapping[str, object] | None:
        """The same recording with another provider status; None if the object has no status."""
        ...

    def charge_amount(self, amount: object, currency: str) -> Money:
        """How the mapping reads the provider's `amount`."""
        ...

    def order_amount(self, money: Money) -> object:
        """How the provider is told `money` in an order."""
        ...

    def currency_table(self) -> Iterable[tuple[object, Money]]:
        """Pairs of the provider's amount and ours that must agree both ways."""
        ...


class ChargingHarness(GatewayHarness, Protocol):
    """What a harness has besides, if its gateway declares `charge` or `authorize`."""

    def make_declined_order(self, action: ActionKind) -> Order:
        """The same order on a card whose bank says no."""
        ...

    def taken(self, order: Order) -> Money:
        """What the provider's own books say was taken from the order's customer so far."""
        ...


class PagingHarness(GatewayHarness, Protocol):
    """What a harness has besides, if its gateway declares `request_payment`."""

    def customer_pays(self, outcome: Outcome) -> None:
        """Let the customer pay on the page of a request."""
        ...
