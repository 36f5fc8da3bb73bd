"""How many workers of one pool may be busy at one gateway, so that some stay free for the others.

A place is a byte of a file without a name, which the workers of a pool have from their parent; who
has locked it holds the place. The system takes it back when its holder dies, however it dies, so
that a killed worker blocks nobody; and nobody else on the machine can take one.
"""

import errno
import fcntl
import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import structlog
from django.conf import settings

from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping

log = structlog.get_logger(__name__)
# Made when the parent loads its tasks, before it has any worker.
_PLACES = os.memfd_create("chargedesk-places")
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES})


@contextmanager
def room_for(tenant_id: UUID, intent_id: UUID) -> Iterator[bool]:
    """Hold a place at the order's connection and one at its gateway; outside any scope.

    Yields False if all places are taken: then leave the order where it is.
    """
    with scoping.tenant(tenant_id):
        rows = ActionIntent.objects.filter(pk=intent_id)
        connection_id, gateway = rows.values_list("connection_id", "connection__provider").get()
    with ExitStack() as held:
        yield (
            _hold(held, str(connection_id), settings.ACTION_AT_ONCE_CONNECTION)
            and _hold(held, gateway, settings.ACTION_AT_ONCE_GATEWAY)
        )


def _hold(held: ExitStack, where: str, places: int) -> bool:
    return any(_take(held, f"{where}-{number}") for number in range(places))


def _take(held: ExitStack, place: str) -> bool:
    """Whether it was free. Where places cannot be told, there is room: no order waits for good."""
    try:
        # Opened anew: such a lock belongs to what was opened, not to the process.
        opened = os.open(f"/proc/self/fd/{_PLACES}", os.O_RDWR)
        held.callback(os.close, opened)
        fcntl.fcntl(opened, fcntl.F_OFD_SETLK, _write_lock(place))
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        log.warning("places_unknown", error=str(error))
    return True


def _write_lock(place: str) -> bytes:
    """C's `struct flock` for one byte, whose number stands for the place."""
    number = int.from_bytes(hashlib.sha256(place.encode()).digest()[:7])
    return struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)
