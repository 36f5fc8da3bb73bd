"""The providers this program can play: one folder each, which exports one class `…Provider`."""

import pkgutil
from importlib import import_module

import sandbox
from sandbox.provider import Provider


def all_providers() -> dict[str, Provider]:
    """Make one instance of each provider, by the first segment of its paths."""
    found: list[Provider] = []
    for folder in pkgutil.iter_modules(sandbox.__path__):
        if folder.ispkg:
            exported = vars(import_module(f"sandbox.{folder.name}"))
            found += [make() for name, make in exported.items() if name.endswith("Provider")]
    return {provider.name: provider for provider in found}
