"""Connects the company's own system, which the sandbox plays: addresses, a secret, its records."""

from typing import Any

import requests
from django.conf import settings

from audit.services import system_actor
from chargedesk.actions.records import tell
from chargedesk.base import scoping
from chargedesk.demo.companies import Account
from chargedesk.demo.repairs import repairs
from chargedesk.demo.secrets_file import KeptSecrets
from chargedesk.kit import clock
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import roll_function_secret, set_functions
from gateways import registry
from gateways.snapshots import ObjectKind

DEMO = system_actor("demo")
TIMEOUT_S = 10


def route_to_own_system(connection: Connection, account: Account, kept: KeptSecrets) -> None:
    """Give the addresses, open the office there, tell what it sold; once. requests' errors."""
    name, where = f"own_system:{connection.id}", f"{settings.SANDBOX_URL}/custom/{account.office}"
    if not account.office or kept.get(name) == where:
        return
    urls = {function: f"{where}/{function}" for function in account.functions}
    with scoping.tenant(connection.tenant_id):
        made = set_functions(connection.id, urls=urls, actor=DEMO)
        # A start that was killed here lost the secret, which is shown only once.
        secret = made or roll_function_secret(connection.id, actor=DEMO)
    office = {"secret": secret, "tells": "1", "cancels_at": account.cancels_at}
    _control("accounts", {**office, "account": account.office})
    if registry.adapter(account.gateway).capabilities.takes_records:
        _tell_what_it_sold(connection, account)
    kept.keep(name, where)


def _tell_what_it_sold(connection: Connection, account: Account) -> None:
    now = clock.now()
    told = []
    for each in repairs():
        order = {
            "object": "charge",
            "account": account.office,
            "id": each.id,
            "customer": each.customer,
            "name": each.name,
            "email": each.email,
            "description": each.description,
            "amount": each.amount,
            "created": int((now - each.before).timestamp()),
        }
        record = _control("objects", order)["object"]
        # As every simulator names what it made; the company's own word for it is transaction_id.
        del record["id"]
        told.append(record)
    people = {each.customer: {"name": each.name, "email": each.email} for each in repairs()}
    with scoping.tenant(connection.tenant_id, durable=True):
        for customer, fields in people.items():
            tell(connection, ObjectKind.CUSTOMER, customer, {"customer_id": customer, **fields})
        for record in told:
            tell(connection, ObjectKind.CHARGE, record["transaction_id"], record)


def _control(route: str, order: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(
        f"{settings.SANDBOX_URL}/_control/{route}",
        json={"provider": "custom", **order},
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body
