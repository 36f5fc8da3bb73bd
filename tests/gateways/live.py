"""What the live tests share: an account that the environment names, and orders sent to it.

A test that needs something the environment does not name is left out, and pytest says which name
it misses. With LIVE_API_BASE, the sandbox's address, the same tests are rehearsed there: no
real key belongs into such an environment.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import (
    AccountCheck,
    Credentials,
    Finding,
    FrozenStep,
    GatewayAdapter,
    Order,
    Outcome,
    calls_completer,
)
from gateways.snapshots import (
    AnySnapshot,
    ObjectKind,
    PaymentMethodSnapshot,
    PriceSnapshot,
)

REHEARSAL = "LIVE_API_BASE"
_SEND_SECONDS = 60

T = TypeVar("T", bound=AnySnapshot)


def given(name: str) -> str:
    """What the environment says; the test is left out if it does not."""
    value = os.environ.get(name, "")
    if not value:
        pytest.skip(f"{name} is not set")
    return value


@dataclass(frozen=True)
class LiveAccount:
    """A test account at a provider; `prefix`: how its names in the environment begin."""

    adapter: GatewayAdapter
    prefix: str
    credentials: Credentials = field(repr=False)

    def named(self, what: str) -> str:
        """The id of something a person made there for these tests."""
        return given(f"{self.prefix}_{what}")

    @property
    def currency(self) -> str:
        """What new charges are made in."""
        return os.environ.get(f"{self.prefix}_CURRENCY", "EUR")

    def order(
        self, action: ActionKind, target_id: str, *, minor: int | None = None, **more: Any
    ) -> Order:
        """An order with a marker of its own; `minor` is in the account's currency."""
        money = None if minor is None else Money.of(minor, self.currency)
        return Order(
            action=action, intent_id=new_id(), target_id=target_id, **{"money": money, **more}
        )

    def steps(self, order: Order) -> tuple[FrozenStep, ...]:
        """The calls that the product would store before its first try."""
        steps = self.adapter.freeze(order)
        completer = calls_completer(self.adapter)
        return completer.complete(self.credentials, order, steps) if completer else steps

    def send(self, order: Order) -> Outcome:
        """Send an order of one call, once."""
        deadline = clock.now() + timedelta(seconds=_SEND_SECONDS)
        (step,) = self.steps(order)
        return self.adapter.send(self.credentials, order, step, deadline=deadline)

    def look_up(self, order: Order) -> Finding:
        """Look for it as after an answer that was lost."""
        return self.adapter.look_up(self.credentials, order, self.adapter.freeze(order)[0])

    def look_up_within(self, order: Order, seconds: int) -> Finding:
        """Look again and again until something is found."""
        until = time.monotonic() + seconds
        while (finding := self.look_up(order)).outcome is None and time.monotonic() < until:
            time.sleep(1)
        return finding

    def read(self, kind: ObjectKind, external_id: str, as_a: type[T]) -> T:
        """One object as it stands now."""
        found = self.adapter.read(self.credentials, kind, external_id)[0]
        assert isinstance(found, as_a)
        return found

    def sent_and_found(self, order: Order) -> Outcome:
        """Send, and insist that a look-up right afterwards finds the very same."""
        outcome = self.send(order)
        found = self.look_up(order).outcome
        assert found is not None
        assert (found.object_id, found.money) == (outcome.object_id, outcome.money)
        return outcome

    def card_of(self, customer_id: str) -> str:
        """The first card on file."""
        found = self.adapter.read(self.credentials, ObjectKind.CUSTOMER, customer_id)
        return next(each.external_id for each in found if isinstance(each, PaymentMethodSnapshot))

    def price_of(self, product_id: str) -> PriceSnapshot:
        """What a plan costs in the account's currency."""
        cursor = ""
        while True:
            page = self.adapter.page(self.credentials, ObjectKind.PRICE, cursor=cursor)
            prices = (each for each in page.snapshots if isinstance(each, PriceSnapshot))
            for price in prices:
                if (price.product_id, price.currency) == (product_id, self.currency):
                    return price
            cursor = page.next_cursor
            assert cursor, f"{product_id} has no price in {self.currency}"

    def subscribing(self, customer_id: str, price: PriceSnapshot) -> Order:
        """An order to start one of a plan, paid by the customer's card, for what it costs now."""
        details = {
            "price": price.external_id,
            "quantity": 1,
            "trial_days": 0,
            "coupon": "",
            "payment_method": self.card_of(customer_id),
            "unit_minor": price.amount_minor,
            "currency": price.currency,
        }
        return self.order(ActionKind.CREATE_SUBSCRIPTION, customer_id, details=details)

    def charging(self, action: ActionKind, customer_id: str, *, minor: int) -> Order:
        """An order to take or hold money on the customer's card."""
        details = {"payment_method": self.card_of(customer_id), "description": "Live test"}
        return self.order(action, customer_id, minor=minor, details=details)

    def lists_everything(self, *, since: datetime | None = None) -> None:
        """Read one page of every kind; nothing on it may be unreadable."""
        for kind in self.adapter.capabilities.reads:
            assert self.adapter.page(self.credentials, kind, since=since).unreadable == ()

    def has_the_rights(self) -> AccountCheck:
        """Test the key as the connect form does; all rights that are required must be there."""
        found = self.adapter.check(self.credentials)
        assert found.account_id
        assert all(each.is_granted for each in found.permissions if each.is_required)
        return found


def live_account(adapter: GatewayAdapter, prefix: str, fields: Mapping[str, str]) -> LiveAccount:
    """The account whose settings fields the environment holds, under `<prefix>_<name>`.

    `fields`: what each is called there. Optional fields of the adapter may be missing.
    """
    values = {
        each.name: given(f"{prefix}_{fields[each.name]}")
        if each.is_required
        else os.environ.get(f"{prefix}_{fields[each.name]}", "")
        for each in adapter.settings_fields
        if each.name in fields
    }
    return LiveAccount(adapter, prefix, Credentials(values=values, api_base=_rehearsal(adapter)))


def _rehearsal(adapter: GatewayAdapter) -> str:
    base = os.environ.get(REHEARSAL, "")
    return f"{base}/{adapter.name}" if base else ""
