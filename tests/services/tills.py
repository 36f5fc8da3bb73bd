"""Accounts at every simulated provider: how one is opened, filled, and told where to send news."""

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chargedesk.base import scoping
from chargedesk.tenants.models import Connection
from chargedesk.tenants.selectors import webhook_url
from chargedesk.tenants.services import (
    add_webhook_secret,
    connect_gateway,
    register_webhook,
    set_functions,
)
from chargedesk.tenants.services.functions import function_names
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from tests.services.accounts import Account, Control, new_tenant, new_user, reread

CUSTOMERS = 2
PAYPAL_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Keys:
    """An account nobody else uses: what opens it at the sandbox, and what a person types here."""

    account: str
    opening: Mapping[str, str]
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class House:
    """What the suite must know of one provider.

    Attributes:
        keys: invents an account from a mark that nobody else has.
        held: the control API's order for money that is authorized only; none where there is none.
        marked: the kind of the stored objects that carry our marker, one for each refund.
        lagging_list: the path of the list of refunds, where every order reads one that may lag.
        hook: where no API makes an endpoint, does what a person does in the provider's pages, and
            answers the secret that this person copies.
        functions: the addresses that carry orders out, by name, where the gateway is a company's
            own system; a call's path ends with its address.
    """

    name: str
    keys: Callable[[str], Keys]
    marked: str = "refund"
    held: Mapping[str, Any] = field(default_factory=dict)
    lagging_list: str = ""
    hook: Callable[[Account, Keys, str], str] | None = None
    functions: Callable[[str], Mapping[str, str]] | None = None


def _stripe(mark: str) -> Keys:
    key = f"sk_test_{mark}"
    return Keys(f"acct_{mark}", {"key": key}, {"api_key": key})


def _paypal(mark: str) -> Keys:
    # S311: an account number, and no secret.
    letters = random.Random(mark).choices(PAYPAL_LETTERS, k=13)  # noqa: S311
    client = f"client_{mark}"
    values = {
        "client_id": client,
        "client_secret": f"secret_of_{client}",
        "environment": "sandbox",
    }
    return Keys("".join(letters), {"key": client}, values)


def _braintree(mark: str) -> Keys:
    public, private = f"public{mark}", f"private{mark}"
    values = {
        "environment": "sandbox",
        "merchant_id": f"merchant{mark}",
        "public_key": public,
        "private_key": private,
    }
    return Keys(f"merchant{mark}", {"key": f"{public}:{private}"}, values)


def _woocommerce(mark: str) -> Keys:
    key, secret = f"ck_{mark}", f"cs_{mark}"
    values = {
        "shop_url": f"https://shop{mark}.example",
        "consumer_key": key,
        "consumer_secret": secret,
    }
    return Keys(f"shop-{mark}", {"key": key, "secret": secret}, values)


def _recurly(mark: str) -> Keys:
    return Keys(f"s{mark}", {"key": mark}, {"api_key": mark})


def _custom(mark: str) -> Keys:
    # The secret that counts is made when the addresses are given.
    return Keys(f"co_{mark}", {"secret": "none yet"}, {})


def _custom_functions(account: str) -> dict[str, str]:
    return {name: f"/{account}/{name}" for name in function_names("custom")}


def _braintree_hook(account: Account, keys: Keys, url: str) -> str:
    opened = {**keys.opening, "webhook_url": url}
    account.control.post("accounts", provider="braintree", account=account.id, **opened)
    return keys.values["private_key"]


def _recurly_hook(account: Account, _keys: Keys, url: str) -> str:
    secret = secrets.token_hex(16)
    account.make("endpoint", url=url, secret=secret)
    return secret


UNCAPTURED = {"object": "charge", "outcome": "uncaptured"}
HOUSES = {
    house.name: house
    for house in (
        House("stripe", _stripe, held=UNCAPTURED, lagging_list="/v1/refunds"),
        House("paypal", _paypal, held={"object": "authorization"}),
        House("braintree", _braintree, "transaction", held=UNCAPTURED, hook=_braintree_hook),
        House("woocommerce", _woocommerce),
        House("recurly", _recurly, "invoice", hook=_recurly_hook),
        House(
            "custom",
            _custom,
            held={"object": "charge", "outcome": "authorized"},
            functions=_custom_functions,
        ),
    )
}


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
