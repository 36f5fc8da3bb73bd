"""Finds the adapters: every folder here, and every entry point of the group."""

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

import gateways
from chargedesk.kit.errors import ChargeDeskError
from gateways.contract import GatewayAdapter

ENTRY_POINTS = "chargedesk.gateways"


class UnknownGatewayError(ChargeDeskError):
    """No adapter of this name is installed."""

    code = "gateway_unknown"


@cache
def adapters() -> dict[str, GatewayAdapter]:
    """All installed adapters by name, in alphabetical order."""
    found: dict[str, GatewayAdapter] = {}
    for module in pkgutil.iter_modules(gateways.__path__):
        if module.ispkg:
            adapter: GatewayAdapter = import_module(f"gateways.{module.name}").ADAPTER
            found[adapter.name] = adapter
    for point in entry_points(group=ENTRY_POINTS):
        adapter = point.load()
        found[adapter.name] = adapter
    return dict(sorted(found.items()))


def adapter(name: str) -> GatewayAdapter:
    """The adapter called `name`; UnknownGatewayError lists what there is."""
    try:
        return adapters()[name]
    except KeyError as error:
        raise UnknownGatewayError(
            f"There is no gateway “{name}”; installed are: {', '.join(adapters())}.",
            parameter="gateway",
        ) from error
