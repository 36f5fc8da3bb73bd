"""The tenant's own system: it tells `/v1` what there is, and carries orders out at its addresses.

It has no account to open and nothing to list. What happens there is told by the tenant (`mapping`),
by `/v1` or by signed webhooks; what we want from it is one signed call per action
(`gateways.functions`). NOTES.md says what follows from that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from gateways.capabilities import Capabilities, Proof
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
from gateways.custom import actions, mapping, outcomes, reading, webhooks
from gateways.errors import UnsupportedError
from gateways.function_kinds import FUNCTION_KINDS
from gateways.snapshots import AnySnapshot, ObjectKind

# No key that anybody vouches for, and a look-up only where there is an address for it (M7).
_PROOF = Proof(key_life=None, looks_up=True, empty_is_proof=False)


class CustomAdapter:
    """The tenant's own system behind the contract of `gateways.contract`."""

    name = "custom"
    label = "Custom integration"
    settings_fields: Sequence[SettingsField] = ()
    capabilities = Capabilities(
        reads=frozenset(),
        reads_by_id=frozenset({ObjectKind.CHARGE, ObjectKind.CUSTOMER, ObjectKind.SUBSCRIPTION}),
        checks_keys=False,
        takes_records=True,
        needs_functions=True,
        **{
            action.value: replace(kind.limits, proof=_PROOF)
            for action, kind in FUNCTION_KINDS.items()
        },
    )

    def check(self, credentials: Credentials) -> AccountCheck:
        """There is no account: the connection is one of its own."""
        return AccountCheck(
            account_id="", account_name="", is_live=not credentials.api_base, permissions=()
        )

    def read(
        self, credentials: Credentials, kind: ObjectKind, external_id: str
    ) -> tuple[AnySnapshot, ...]:
        """Ask the look-up address for one charge, customer or subscription."""
        if kind not in self.capabilities.reads_by_id:
            _refuse(f"reading one {kind}")
        return reading.read(credentials, kind, external_id)

    def read_before_money(self, credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
        """Ask for the order's object; without a look-up address what was told is all there is."""
        return reading.read_before_money(credentials, order)

    def page(
        self,
        credentials: Credentials,
        kind: ObjectKind,
        *,
        cursor: str = "",
        since: datetime | None = None,
    ) -> Page:
        """It lists nothing: it tells."""
        _refuse(f"a list of {kind}")

    def events(self, credentials: Credentials, *, since: datetime, cursor: str = "") -> EventPage:
        """It lists nothing: it tells."""
        _refuse("a list of events")

    def register_webhook(self, credentials: Credentials, *, url: str) -> WebhookEndpoint:
        """Its people write the address down themselves."""
        _refuse("registering a webhook")

    def remove_webhook(self, credentials: Credentials, *, external_id: str) -> None:
        """There is none of ours."""
        _refuse("removing a webhook")

    def parse_webhook(
        self, request: InboundRequest, *, secrets: Sequence[str]
    ) -> Sequence[GatewayEvent]:
        """Verify on the raw body, then parse."""
        return webhooks.parse_webhook(request, secrets=secrets)

    def parse_stored(self, body: bytes) -> Sequence[GatewayEvent]:
        """Parse a body that was verified when it was stored."""
        return [webhooks.event_of(body)]

    def freeze(self, order: Order) -> tuple[FrozenStep, ...]:
        """Resolve an order into its one call."""
        if self.capabilities.proof(order.action) is None:
            _refuse(f"{order.action}")
        return actions.freeze(order)

    def send(
        self, credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
    ) -> Outcome:
        """Make the call, once."""
        return actions.send(credentials, order, step, deadline=deadline)

    def look_up(self, credentials: Credentials, order: Order, step: FrozenStep) -> Finding:
        """Ask the look-up address what became of the call."""
        return actions.look_up(credentials, order)

    def object_url(
        self, kind: ObjectKind, external_id: str, *, is_live: bool, account_id: str = ""
    ) -> str:
        """We do not know its pages."""
        return ""

    def pictures(
        self,
        kind: ObjectKind,
        fields: Mapping[str, Any],
        *,
        stored: bytes,
        as_of: datetime,
    ) -> tuple[AnySnapshot, ...]:
        """The object and what belongs to it, after `fields` were told."""
        return mapping.pictures(kind, fields, stored=stored, as_of=as_of)

    def outcome_shown(self, order: Order, snapshots: Sequence[AnySnapshot]) -> Outcome | None:
        """What was told, as proof of an order."""
        return outcomes.outcome_shown(order, snapshots)


def _refuse(what: str) -> NoReturn:
    raise UnsupportedError(f"A custom integration does not offer {what}.")


ADAPTER = CustomAdapter()
