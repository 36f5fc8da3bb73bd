"""Whatever is sent, `/v1` answers as described, and never with a failure of its own."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django.plugin import DjangoDbBlocker
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import docs
from chargedesk.tenants.models import Tenant
from tests.api.world import make_world
from tests.conftest import Running

# Enough to meet odd text in every parameter, few enough to run before each commit.
EXAMPLES = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

document = json.loads(docs.SCHEMA_PATH.read_text())
schema = schemathesis.openapi.from_dict(document)
OPERATIONS = {
    f"{method.upper()} {path}": schema[path][method]
    for path, methods in document["paths"].items()
    for method in methods
}


@pytest.fixture(scope="module")
def secret(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> str:
    """A key to a tenant with one of everything, none of which an order can be about.

    A card update link can be asked of every customer, so that its money actions are paused, too.
    """
    with django_db_blocker.unblock():
        world = make_world()
        Tenant.objects.filter(pk=world.tenant.pk).update(money_paused_reason="nothing may leave")
        world.add_charge("0", gateway_customer=world.add_customer("0"), status="failed")
        world.add_subscription("0", status="canceled")
        world.add_product("0")
    return world.secret


@pytest.mark.parametrize("operation", OPERATIONS)
def test_answers_stay_within_the_description(
    operation: str, live_web: Running, secret: str
) -> None:
    headers = {"Authorization": f"Bearer {secret}"}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[operation].as_strategy())
    def call(case: "schemathesis.Case[Any]") -> None:
        response = case.call(base_url=live_web.url, headers=headers)
        case.validate_response(response, checks=CHECKS, headers=headers)

    call()
