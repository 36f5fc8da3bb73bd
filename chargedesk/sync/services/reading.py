"""Reads objects again by id, outside of any transaction, and says for each what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from chargedesk.base import scoping
from chargedesk.sync.services.news import Ref
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import mark_credentials_failed
from gateways import registry
from gateways.errors import (
    CredentialsError,
    GatewayError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
    UnsupportedError,
)
from gateways.snapshots import AnySnapshot

log = structlog.get_logger(__name__)

UNAVAILABLE_WAIT_S = 30.0
CREDENTIALS_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one object gave.

    Attributes:
        snapshots: the object first; empty where it could not be read.
        wait_s: the gateway wants to be left alone this long; no fault of this object.
        problem: why there is nothing.
        is_gone: there is no such object, or it cannot be read at all.
    """

    snapshots: tuple[AnySnapshot, ...] = ()
    wait_s: float | None = None
    problem: str = ""
    is_gone: bool = False


def read_again(connection: Connection, refs: Sequence[Ref]) -> list[Reading]:
    """Read each object, in order; after a refusal that concerns all, the rest is not asked for."""
    readings: list[Reading] = []
    for ref in refs:
        reading = _read(connection, ref)
        readings.append(reading)
        if reading.wait_s is not None:
            break
    return readings + [readings[-1]] * (len(refs) - len(readings))


def _read(connection: Connection, ref: Ref) -> Reading:
    adapter = registry.adapter(connection.provider)
    try:
        return Reading(adapter.read(gateway_credentials(connection), ref.kind, ref.external_id))
    except RateLimitedError as error:
        return Reading(wait_s=error.retry_after, problem=error.message)
    except UnavailableError as error:
        return Reading(wait_s=UNAVAILABLE_WAIT_S, problem=error.message)
    except CredentialsError as error:
        return _refused_key(connection, error)
    except (NotFoundError, UnsupportedError) as error:
        return Reading(problem=error.message, is_gone=True)
    except GatewayError as error:
        log.warning("sync.read_failed", connection=str(connection.id), code=error.code)
        return Reading(problem=error.message)


def _refused_key(connection: Connection, error: CredentialsError) -> Reading:
    if error.missing:
        # The key still works; it may only not see this kind of object.
        return Reading(problem=error.message)
    with scoping.tenant(connection.tenant_id, durable=True):
        mark_credentials_failed(connection.id, reason=error.message)
    return Reading(wait_s=CREDENTIALS_WAIT_S, problem=error.message)
