"""A shop of a test's own at the sandbox, and raw HTTP calls with its keys."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.sandbox.program import Program

Json = dict[str, Any]
# Tells the shop that its proxy was called over https, so that Basic counts (reference A2).
HTTPS = {"X-Forwarded-Proto": "https"}


@dataclass
class Shop:
    """A shop and the pair of keys that opens it."""

    program: Program
    name: str
    key: str
    secret: str
    orders: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)

    def call(
        self, method: str, path: str, body: Json | None = None, **query: str
    ) -> requests.Response:
        """Make one call over what the shop takes for https."""
        return requests.request(
            method,
            self.url(path),
            params=query,
            json=body,
            auth=(self.key, self.secret),
            headers=HTTPS,
            timeout=30,
        )

    def url(self, path: str) -> str:
        """The address of a path of the API."""
        return f"{self.program.url}/woocommerce/wp-json/wc/v3/{path}"

    def get(self, path: str, **query: str) -> Any:
        """Read something that must be there."""
        answer = self.call("GET", path, None, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refund(self, order: object, amount: object, **more: object) -> requests.Response:
        """Ask for a refund."""
        return self.call("POST", f"orders/{order}/refunds", {"amount": amount, **more})

    def make(self, kind: str, **wanted: object) -> Json:
        """Create an object with given properties."""
        order = {"provider": "woocommerce", "account": self.name, "object": kind, **wanted}
        return dict(self.program.control("POST", "objects", order)["object"])

    def act(self, number: object, what: str, **more: object) -> Json:
        """Do what a person would do in the shop's pages."""
        order = {"provider": "woocommerce", "account": self.name, "object": str(number)}
        return dict(self.program.control("POST", "act", {**order, "do": what, **more})["object"])

    def switch(self, **settings: object) -> None:
        """Change settings of this shop."""
        named = {f"woocommerce.{key}.{self.name}": value for key, value in settings.items()}
        self.program.control("POST", "settings", named)

    def money(self) -> dict[str, Json]:
        """The sandbox's own account of this shop's money."""
        found = self.program.control(
            "GET", "money", None, provider="woocommerce", account=self.name
        )
        return dict(found["objects"])

    def journal(self) -> list[Json]:
        """All calls to this shop."""
        found = self.program.control(
            "GET", "journal", None, provider="woocommerce", account=self.name
        )
        return list(found["entries"])


def open_shop(program: Program, *, permissions: list[str] | None = None, **more: object) -> Shop:
    """Open a shop that only this test knows."""
    mark = uuid.uuid4().hex[:12]
    shop = Shop(program, f"shop-{mark}", f"ck_{mark}", f"cs_{mark}")
    order: Json = {
        "provider": "woocommerce",
        "account": shop.name,
        "key": shop.key,
        "secret": shop.secret,
        **more,
    }
    if permissions is not None:
        order["permissions"] = permissions
    made = program.control("POST", "accounts", order)
    shop.orders, shop.customers = made.get("charges", []), made.get("customers", [])
    return shop
