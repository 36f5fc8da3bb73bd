"""What the pages about connections show, gathered from the parts that know it."""

from dataclasses import dataclass
from uuid import UUID

from chargedesk.sync.selectors import Progress, connection_progress
from chargedesk.tenants.models import Connection, ConnectionState
from chargedesk.tenants.selectors import can_register_webhook, gateway_connections, webhook_url
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry

_MOVING = frozenset({"running", "waiting"})
_TONES = {
    ConnectionState.ACTIVE.value: "good",
    ConnectionState.PAUSED.value: "warn",
    ConnectionState.CREDENTIALS_FAILED.value: "bad",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """One line of the list. `tone` is the badge's: good, warn or bad."""

    connection: Connection
    gateway: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """The progress panel.

    Attributes:
        percent: None while the total is unknown: then a counter is drawn, no bar.
        minutes_left: None until it can be told; 0 is less than one.
        is_moving: the page looks again every 2 s.
    """

    connection_id: UUID
    facts: Progress
    percent: int | None
    minutes_left: int | None
    is_moving: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPage:
    """Everything about one connection.

    `has_key`: there is one to exchange. `reads_history`: the gateway is read, not told.
    `needs_no_secret`: the key itself verifies webhooks. `lacks_rights`: there is something that the
    key may not do.
    """

    row: ConnectionRow
    progress: ProgressView
    webhook_url: str
    can_register_webhook: bool
    needs_no_secret: bool
    lacks_rights: bool
    has_key: bool
    reads_history: bool


def connection_rows() -> list[ConnectionRow]:
    """The current tenant's connections; one statement."""
    return [_row(connection) for connection in gateway_connections()]


def connection_page(connection_id: UUID) -> ConnectionPage:
    """One connection; NotFoundError."""
    connection = usable_connection(connection_id)
    declared = registry.adapter(connection.provider).capabilities
    return ConnectionPage(
        row=_row(connection),
        progress=progress_view(connection_id),
        webhook_url=webhook_url(connection),
        can_register_webhook=can_register_webhook(connection),
        needs_no_secret=bool(
            registry.adapter(connection.provider).capabilities.webhook_secret_field
        ),
        lacks_rights=not all(each["is_granted"] for each in connection.permissions),
        has_key=declared.checks_keys,
        reads_history=bool(declared.reads),
    )


def progress_view(connection_id: UUID) -> ProgressView:
    """How far a connection has been read; NotFoundError."""
    facts = connection_progress(connection_id)
    return ProgressView(
        connection_id=connection_id,
        facts=facts,
        percent=100 * facts.done // facts.total if facts.total else None,
        minutes_left=None if facts.eta_s is None else facts.eta_s // 60,
        is_moving=facts.state in _MOVING,
    )


def _row(connection: Connection) -> ConnectionRow:
    return ConnectionRow(
        connection=connection,
        gateway=registry.adapter(connection.provider).label,
        tone=_TONES.get(connection.state, "warn"),
    )
