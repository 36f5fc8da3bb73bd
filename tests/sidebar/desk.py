"""A helpdesk of the test's own beside a shop, and an agent who opens the panel in it."""

import html
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from django.test import Client

from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import GatewayCustomer
from chargedesk.messaging.helpdesks import keep_helpdesk
from chargedesk.tenants.models import Connection, Tenant, User
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import add_member
from helpdesk_apps.generic.signing import signature
from tests.actions.shop import Shop
from tests.services.accounts import new_user

SECRET = "a-helpdesk-secret-of-forty-characters-ok"  # noqa: S105
ORIGIN = "https://desk.example"


FORM = "application/x-www-form-urlencoded"


def post_form(url: str, form: dict[str, str]) -> Any:
    """Post as an HTML form does, without cookies."""
    return Client().post(url, urlencode(form), content_type=FORM)


@dataclass(frozen=True)
class Answer:
    """What the panel got."""

    status: int
    text: str
    headers: Any

    def value(self, name: str) -> str:
        """The value of a hidden or visible input."""
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', self.text)
        assert found, f"no input {name} in {self.text}"
        return html.unescape(found[1])

    @property
    def intent_id(self) -> UUID:
        """The order a result speaks of."""
        found = re.search(r'id="order-([0-9a-f-]{36})"', self.text)
        assert found, self.text
        return UUID(found[1])


class Panel:
    """An open panel: a bearer, and calls with it."""

    def __init__(self, bearer: str) -> None:
        self.bearer = bearer
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, **query: str) -> Answer:
        """Ask like htmx does."""
        return self._answer(
            self.client.get(
                f"/api/sidebar/{path}", query, headers={"authorization": f"Bearer {self.bearer}"}
            )
        )

    def post(self, path: str, **form: str) -> Answer:
        """Post a form like htmx does."""
        return self._answer(
            self.client.post(
                f"/api/sidebar/{path}",
                urlencode(form),
                content_type=FORM,
                headers={"authorization": f"Bearer {self.bearer}"},
            )
        )

    def refund(self, charge_id: object, **changes: str) -> Answer:
        """Open the refund dialog of a charge and submit it with these changes."""
        dialog = self.get("dialog", action="refund", object=str(charge_id))
        assert dialog.status == 200, dialog.text
        return self.post("orders", **self.wish(dialog, **changes))

    @staticmethod
    def wish(dialog: Answer, **changes: str) -> dict[str, str]:
        """The fields of a dialog as a browser would send them, with these changes."""
        fields = {name: dialog.value(name) for name in ("action", "object", "operation")}
        for name in ("money_version", "amount"):
            if f'name="{name}"' in dialog.text:
                fields[name] = dialog.value(name)
        return fields | {"reason": "duplicate", "note": "", "confirmed": "yes"} | changes

    @staticmethod
    def _answer(response: Any) -> Answer:
        return Answer(response.status_code, response.content.decode(), response.headers)


@dataclass(frozen=True)
class Desk:
    """The shop's helpdesk."""

    shop: Shop
    connection: Connection

    @property
    def embed_url(self) -> str:
        """Where the helpdesk posts its signed context."""
        return f"/embed/generic/{self.connection.id}/"

    def signed(self, said: dict[str, Any], *, secret: str = SECRET) -> dict[str, str]:
        """The form a helpdesk would post."""
        text = json.dumps(said)
        stamp = int(clock.now().timestamp())
        signed = signature(secret, timestamp=stamp, payload=text.encode())
        return {"context": text, "timestamp": str(stamp), "signature": signed}

    def open(self, agent_email: str, customer: dict[str, Any], *, language: str = "en") -> Panel:
        """Open the panel beside ticket 7 as this agent, up to the bearer."""
        said = {
            "ticket": {"id": "7", "language": language},
            "agent": {"email": agent_email, "name": "Anna"},
            "customer": customer,
            "language": language,
        }
        page = post_form(self.embed_url, self.signed(said))
        assert page.status_code == 200, page.content
        bootstrap = re.search(r'data-bootstrap="([^"]+)"', page.content.decode())
        assert bootstrap
        session = post_form("/api/sidebar/session", {"bootstrap": bootstrap[1]})
        assert session.status_code == 200, session.content
        return Panel(session.json()["bearer"])

    def customer(self, *, is_verified: bool = True) -> dict[str, Any]:
        """The first customer of the shop, as the helpdesk signs them."""
        with scoping.tenant(self.shop.tenant.id):
            record = GatewayCustomer.objects.exclude(email="").order_by("external_id").first()
        assert record
        return {"email": record.email, "name": record.name, "email_verified": is_verified}


def open_desk(shop: Shop, *, undo_seconds: int = 0, **settings: str) -> Desk:
    """Connect a helpdesk to a shop, with all customers known by e-mail and these settings."""
    Tenant.objects.filter(pk=shop.tenant.pk).update(undo_seconds=undo_seconds)
    with scoping.tenant(shop.tenant.id):
        connection = keep_helpdesk(
            "generic",
            account_id=str(uuid4()),
            label="Desk",
            values_for=lambda _id: {"secret": SECRET, "origins": ORIGIN, **settings},
            actor=SYSTEM,
        )
    return Desk(shop, connection)


def new_agent(shop: Shop, role: Role = Role.AGENT, *, name: str = "Anna") -> str:
    """A member with a verified address; returns the address."""
    user = new_user()
    User.objects.filter(pk=user.pk).update(name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    with scoping.tenant(shop.tenant.id):
        add_member(user, role=role, actor=SYSTEM)
    return user.email
