"""An account at the sandbox's Stripe and a tenant connected to it; every test gets its own."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import requests

from chargedesk.base import scoping
from chargedesk.tenants.models import Connection, Tenant, User
from chargedesk.tenants.services import connect_gateway, create_tenant, register_webhook
from chargedesk.tenants.services.members import member_actor
from gateways.stripe.client import API_VERSION


class Control:
    """The sandbox's control API."""

    def __init__(self, sandbox_url: str) -> None:
        self._base = f"{sandbox_url}/_control"
        self._sandbox_url = sandbox_url
        self.api_base = self.api_base_of("stripe")

    def api_base_of(self, provider: str) -> str:
        """Where a provider's own API is."""
        return f"{self._sandbox_url}/{provider}"

    def get(self, name: str, **query: str) -> dict[str, Any]:
        """Ask; fails the test on a refusal."""
        return self.answer(requests.get(f"{self._base}/{name}", params=query, timeout=30))

    def post(self, name: str, **order: Any) -> dict[str, Any]:
        """Order; fails the test on a refusal."""
        order = {"provider": "stripe", **order}
        return self.answer(requests.post(f"{self._base}/{name}", json=order, timeout=60))

    def switch(self, name: str, value: str) -> None:
        """Choose how the sandbox plays a behaviour that is unsure."""
        self.answer(requests.post(f"{self._base}/settings", json={name: value}, timeout=30))

    @staticmethod
    def answer(response: requests.Response) -> dict[str, Any]:
        """The JSON of a 2xx; anything else fails the test."""
        assert response.ok, response.text
        answer: dict[str, Any] = response.json()
        return answer


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account at the simulated provider, with a key that opens it."""

    control: Control = field(repr=False)
    id: str
    key: str
    provider: str = "stripe"
    charges: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()

    def fault(self, kind: str, **rule: Any) -> str:
        """Arm a fault that concerns this account only."""
        rule_id: str = self._post("faults", account=self.id, kind=kind, **rule)["id"]
        return rule_id

    def has_met(self, rule_id: str) -> bool:
        """Whether a fault has struck."""
        rules = self.control.get("faults")["faults"]
        return any(each["consumed"] for each in rules if each["id"] == rule_id)

    def catch_up(self) -> int:
        """Let look-ups show all that was done; how much they had not shown."""
        return int(self._post("catch_up", account=self.id)["shown"])

    def make(self, kind: str, **order: Any) -> dict[str, Any]:
        """Create a customer or a charge; its events are sent."""
        made: dict[str, Any] = self._post("objects", account=self.id, object=kind, **order)
        body: dict[str, Any] = made["object"]
        return body

    def act(self, object_id: str, do: str, **order: Any) -> dict[str, Any]:
        """Do what a person or bank would do at the provider."""
        return self._post("act", account=self.id, object=object_id, do=do, **order)

    def money(self) -> dict[str, dict[str, Any]]:
        """The provider's own account of the money, by object."""
        objects: dict[str, dict[str, Any]] = self._get("money")["objects"]
        return objects

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """What the provider has stored of one kind, as it stores it."""
        found: list[dict[str, Any]] = self._get("objects", kind=kind)["objects"]
        return found

    def request(self, method: str, path: str, **fields: str) -> dict[str, Any]:
        """Call the provider's own API with the account's key, as someone else's program would."""
        response = requests.request(
            method,
            f"{self.control.api_base}{path}",
            data=fields,
            auth=(self.key, ""),
            headers={"Stripe-Version": API_VERSION},
            timeout=30,
        )
        return self.control.answer(response)

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """The provider's newest events, oldest first; of one type if given."""
        found: list[dict[str, Any]] = self.request("GET", "/v1/events?limit=100")["data"]
        return [each for each in reversed(found) if each["type"].startswith(kind)]

    def calls(self) -> list[dict[str, Any]]:
        """Every call this account ever got, oldest first."""
        entries: list[dict[str, Any]] = []
        while True:
            after = str(entries[-1]["seq"]) if entries else "0"
            page = self._get("journal", after=after)["entries"]
            if not page:
                return entries
            entries += page

    def _get(self, name: str, **query: str) -> dict[str, Any]:
        return self.control.get(name, provider=self.provider, account=self.id, **query)

    def _post(self, name: str, **order: Any) -> dict[str, Any]:
        return self.control.post(name, **{"provider": self.provider, **order})


def open_account(control: Control, *, key: str = "", **seed: Any) -> Account:
    """Open an account nobody else uses; `seed`: customers, charges and what they are like."""
    name = secrets.token_hex(6)
    key = key or f"sk_test_{name}"
    made = control.post("accounts", account=f"acct_{name}", key=key, currency="eur", seed=seed)
    return Account(
        control=control,
        id=f"acct_{name}",
        key=key,
        charges=tuple(made.get("charges", ())),
        customers=tuple(made.get("customers", ())),
    )


def new_user() -> User:
    """A person nobody else is."""
    return User.objects.create_user(f"{secrets.token_hex(6)}@example.com", "a-long-password")


def new_tenant(owner: User | None = None) -> Tenant:
    """A company of the test's own."""
    return create_tenant(f"Company {secrets.token_hex(4)}", owner=owner or new_user())


def connect(account: Account, tenant: Tenant, *, has_webhook: bool = False) -> Connection:
    """Connect the account as an owner would; with a webhook endpoint if asked to."""
    actor = member_actor(new_user())
    connection = connect_gateway(
        tenant.id,
        provider="stripe",
        values={"api_key": account.key},
        actor=actor,
        api_base=account.control.api_base,
    )
    if has_webhook:
        assert register_webhook(tenant.id, connection.id, actor=actor)
        connection = reread(connection)
    return connection


def reread(connection: Connection) -> Connection:
    """The connection as it is stored now."""
    with scoping.tenant(connection.tenant_id):
        return Connection.objects.get(id=connection.id)
