"""Accounts at every simulated provider: how one is opened, filled, and told where to send news."""

import secrets
from collections.abc import Mapping

from chargedesk.base import scoping
from chargedesk.tenants.models import Connection
from chargedesk.tenants.selectors import webhook_url
from chargedesk.tenants.services import (
    add_webhook_secret,
    connect_gateway,
    register_webhook,
    set_functions,
)
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from tests.services.accounts import Account, Control, new_tenant, new_user, reread
from tests.services.houses import House, Keys, all_houses

CUSTOMERS = 2
HOUSES = all_houses()


def open_till(
    control: Control, house: House, *, charges: int, amount: int, has_webhook: bool
) -> tuple[Account, Connection]:
    """Open an account with paid charges, and connect a new tenant to it as an owner would."""
    keys = house.keys(secrets.token_hex(6))
    account = _opened(control, house, keys, charges=charges, amount=amount)
    actor, adapter = member_actor(new_user()), registry.adapter(house.name)
    connection = connect_gateway(
        new_tenant().id,
        provider=house.name,
        values=dict(keys.values),
        actor=actor,
        api_base=control.api_base_of(house.name),
    )
    if house.functions:
        _fill_in(account, connection, house.functions(account.id), has_webhook=has_webhook)
    if has_webhook and adapter.capabilities.registers_webhooks:
        assert register_webhook(connection.tenant_id, connection.id, actor=actor)
    elif has_webhook and house.hook:
        secret = house.hook(account, keys, webhook_url(connection))
        with scoping.tenant(connection.tenant_id):
            add_webhook_secret(connection.id, secret=secret, actor=actor)
    return account, reread(connection)


def _fill_in(
    account: Account, connection: Connection, urls: Mapping[str, str], *, has_webhook: bool
) -> None:
    """Give the addresses, and paste at the company what a person copies from the page."""
    actor = member_actor(new_user())
    with scoping.tenant(connection.tenant_id):
        secret = set_functions(connection.id, urls=urls, actor=actor)
    place = {"provider": account.provider, "account": account.id}
    account.control.post("accounts", **place, secret=secret, tells="1" if has_webhook else "0")
    if has_webhook:
        account.make("endpoint", url=webhook_url(connection))


def _opened(control: Control, house: House, keys: Keys, *, charges: int, amount: int) -> Account:
    seed = {"customers": CUSTOMERS, "charges": charges, "amount": amount}
    order = {"provider": house.name, "account": keys.account, "currency": "eur", **keys.opening}
    made = control.post("accounts", **order, seed=seed)
    return Account(
        control=control,
        id=keys.account,
        key=keys.opening.get("key", ""),
        provider=house.name,
        charges=tuple(made["charges"]),
        customers=tuple(made.get("customers", ())),
    )
