"""Runs the contract for every gateway that is installed."""

from importlib import import_module

import pytest

from gateways import registry
from tests.conftest import Running
from tests.contracts.gateway_cases import GatewayContract
from tests.contracts.harness import GatewayHarness


class TestInstalledGateways(GatewayContract):
    """One run per folder below `gateways/` and per entry point."""

    @pytest.fixture(params=registry.adapters())
    def harness(self, request: pytest.FixtureRequest, sandbox: Running) -> GatewayHarness:
        """The harness of the same name; a gateway without one is not finished."""
        made: GatewayHarness = import_module(
            f"tests.contracts.{request.param}.harness"
        ).make_harness(sandbox.url)
        return made
