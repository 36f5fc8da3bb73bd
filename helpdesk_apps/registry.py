"""Finds the adapters: each folder here with an `ADAPTER`, and each entry point of the group."""

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

import helpdesk_apps
from chargedesk.kit.errors import ChargeDeskError
from helpdesk_apps.contract import HelpdeskAdapter

ENTRY_POINTS = "chargedesk.helpdesks"


class UnknownHelpdeskError(ChargeDeskError):
    """No adapter of this name is installed."""

    code = "helpdesk_unknown"


@cache
def adapters() -> dict[str, HelpdeskAdapter]:
    """All installed adapters by name, in alphabetical order."""
    found: dict[str, HelpdeskAdapter] = {}
    for module in pkgutil.iter_modules(helpdesk_apps.__path__):
        if module.ispkg:
            adapter: HelpdeskAdapter = import_module(f"helpdesk_apps.{module.name}").ADAPTER
            found[adapter.name] = adapter
    for point in entry_points(group=ENTRY_POINTS):
        adapter = point.load()
        found[adapter.name] = adapter
    return dict(sorted(found.items()))


def adapter(name: str) -> HelpdeskAdapter:
    """The adapter called `name`; UnknownHelpdeskError lists what there is."""
    try:
        return adapters()[name]
    except KeyError as error:
        raise UnknownHelpdeskError(
            f"There is no helpdesk “{name}”; installed are: {', '.join(adapters())}.",
            parameter="helpdesk",
        ) from error
