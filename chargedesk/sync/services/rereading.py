"""Reads again, one by one, what is not at its end and no list tells the changes of."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import Connection
from gateways import registry
from gateways.contract import Page
from gateways.errors import GatewayError, InvalidOrderError, NotFoundError, PayloadError
from gateways.snapshots import AnySnapshot, ObjectKind

log = structlog.get_logger(__name__)

# As many as are read within a few seconds: the work of a killed worker is done again.
BATCH = 20
# What is wrong with one object; anything else concerns all of them.
_OF_ONE = (NotFoundError, PayloadError, InvalidOrderError)


def batch(connection: Connection, kind: ObjectKind, due: Sequence[tuple[UUID, str]]) -> Page:
    """Read the objects that are `due` (row id, external id), at most `BATCH`, as a page of a list.

    What came before a gateway asked to be left alone counts: the next batch begins where it did, so
    that the walk comes to its end however few calls are allowed at a time. A refusal of the very
    first is raised.
    """
    adapter, credentials = registry.adapter(connection.provider), gateway_credentials(connection)
    snapshots: list[AnySnapshot] = []
    unreadable: list[str] = []
    last = ""
    for row_id, external_id in due:
        try:
            snapshots += adapter.read(credentials, kind, external_id)
        except _OF_ONE as error:
            log.warning("sync.reread_failed", object=external_id, code=error.code)
            unreadable.append(external_id)
        except GatewayError as error:
            if not last:
                raise
            log.info("sync.batch_cut_short", kind=kind.value, code=error.code)
            return Page(snapshots=tuple(snapshots), next_cursor=last, unreadable=tuple(unreadable))
        last = str(row_id)
    return Page(
        snapshots=tuple(snapshots),
        next_cursor=last if len(due) == BATCH else "",
        unreadable=tuple(unreadable),
    )
