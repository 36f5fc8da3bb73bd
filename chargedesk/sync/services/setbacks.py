"""What a gateway's error means for a run: a wait, a longer wait, or no more until a new key."""

import structlog

from chargedesk.base import scoping
from chargedesk.sync.models import SyncRun
from chargedesk.sync.services.leases import Lease, LeaseLostError
from chargedesk.tenants.services import mark_credentials_failed
from gateways.errors import CredentialsError, GatewayError, RateLimitedError

log = structlog.get_logger(__name__)


def postpone(lease: Lease, error: GatewayError) -> None:
    """Give the run back for later; a refused key stops the connection, a new one goes on."""
    log.warning("sync.run_waits", run=str(lease.run_id), code=error.code)
    try:
        with scoping.tenant(lease.tenant_id, durable=True):
            _give_back(lease, error)
    except LeaseLostError:
        log.info("sync.lease_lost", run=str(lease.run_id))


def _give_back(lease: Lease, error: GatewayError) -> None:
    if isinstance(error, RateLimitedError):
        lease.wait(seconds=error.retry_after, why=error.message)
    elif isinstance(error, CredentialsError):
        connection_id = SyncRun.objects.values_list("connection_id", flat=True).get(id=lease.run_id)
        lease.release(error=error.message[:500])
        mark_credentials_failed(connection_id, reason=error.message)
    else:
        lease.fail(error.message)
