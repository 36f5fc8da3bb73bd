"""How many workers of one pool may be busy at one gateway, so that some stay free for the others.

A place is a name that one process of this machine can hold at a time: an abstract socket. The
system takes it back when its holder dies, however it dies, so that a killed worker blocks nobody.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

from django.conf import settings

from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping


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
    for number in range(places):
        place = socket.socket(socket.AF_UNIX)
        try:
            # The parent's id: each pool counts its own workers.
            place.bind(f"\0chargedesk-{os.getppid()}-{where}-{number}")
        except OSError:
            place.close()
        else:
            held.enter_context(place)
            return True
    return False
