"""The panel as an agent's browser uses it, over HTTP: opens a dialog, and presses its button."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import requests

from chargedesk.actions.models import IntentState
from chargedesk.tenants.roles import Role
from gateways.capabilities import ActionKind
from tests.crash.town import Firm
from tests.sidebar.desk import new_agent, open_desk

_TIMEOUT = (2, 20)
_RESULT = re.compile(r'id="order-([0-9a-f-]{36})" data-result data-state="(\w+)"')
_DONE = {IntentState.SUCCEEDED, IntentState.PENDING}
_OPEN = {IntentState.READY, IntentState.EXECUTING, IntentState.UNKNOWN}


@dataclass(frozen=True)
class Panel:
    """An open panel: where it is, and its bearer."""

    url: str
    bearer: str

    def open(self, action: ActionKind, object_id: UUID) -> requests.Response:
        """Open the dialog of an action."""
        return requests.get(
            f"{self.url}/dialog",
            params={"action": action.value, "object": str(object_id)},
            headers=self._headers,
            timeout=_TIMEOUT,
        )

    def filled(self, dialog: str, typed: Mapping[str, str]) -> dict[str, str]:
        """The dialog's own inputs, with what the agent types."""
        inputs = re.findall(r'<input[^>]*name="([a-z0-9_]+)"[^>]*value="([^"]*)"', dialog)
        form = {name: html.unescape(value) for name, value in inputs}
        return {**form, "reason": "duplicate", "confirmed": "yes", **typed}

    def submit(self, form: Mapping[str, str]) -> requests.Response:
        """Press the button."""
        return requests.post(
            f"{self.url}/orders", data=dict(form), headers=self._headers, timeout=_TIMEOUT
        )

    def told(self, response: requests.Response) -> tuple[int, UUID | None]:
        """What the agent reads, as `/v1` would say it, and of which order."""
        found = _RESULT.search(response.text)
        if not found:
            return response.status_code, None
        state = IntentState(found[2])
        status = 200 if state in _DONE else 202 if state in _OPEN else 400
        return status, UUID(found[1])

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"}


def open_panel(firm: Firm, base_url: str) -> Panel:
    """Connect a helpdesk, and open its panel as one of the firm's owners."""
    desk = open_desk(firm)
    said = {
        "ticket": {"id": "7", "language": "en"},
        "agent": {"email": new_agent(firm, Role.OWNER), "name": "Anna"},
        "customer": {"email": "somebody@example.com", "name": "Somebody", "email_verified": True},
        "language": "en",
    }
    page = requests.post(f"{base_url}{desk.embed_url}", data=desk.signed(said), timeout=_TIMEOUT)
    bootstrap = re.search(r'data-bootstrap="([^"]+)"', page.text)
    assert bootstrap, page.text
    url = f"{base_url}/api/sidebar"
    session = requests.post(f"{url}/session", data={"bootstrap": bootstrap[1]}, timeout=_TIMEOUT)
    return Panel(url, str(session.json()["bearer"]))
