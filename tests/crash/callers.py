"""People and programs that order: over `/v1` with and without a key, in the panel, and twice.

Whoever gets no answer asks again, with the same key if there is one.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import requests
from django.db import DatabaseError, connections

from chargedesk.actions.errors import ActionDeniedError, MoneyChangedError
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, MoneyRoot
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key
from tests.crash.checker import HAPPENED
from tests.crash.panel import Panel, open_panel
from tests.crash.town import Firm
from tests.crash.wishes import Wish, filled

# A caller whose server died asks again for so long.
ASKS_FOR_S = 40


@dataclass(frozen=True)
class Answer:
    """What a caller was told about one order; `wish` is the same for all who asked for that one."""

    firm: Firm
    wish: str
    status: int
    intent_id: UUID | None
    text: str


@dataclass
class Callers:
    """Orders in threads, and keeps every answer."""

    base_url: str
    is_database_away: Callable[[], bool]
    answers: list[Answer] = field(default_factory=list)
    told_apart: list[str] = field(default_factory=list)
    orders: int = 0
    _keys: dict[UUID, str] = field(default_factory=dict)
    _panels: dict[UUID, Panel] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(24))
    _running: list[Future[None]] = field(default_factory=list)

    def meet(self, firm: Firm) -> None:
        """Give a firm's own system an unlimited key, and open the panel beside a ticket."""
        powers = KeyPowers(
            scopes=["read", "write", "money"],
            role=Role.OWNER,
            is_unlimited=True,
            requests_per_minute=100_000,
        )
        with scoping.tenant(firm.tenant.id):
            _, self._keys[firm.tenant.id] = create_api_key(
                name="the shop's own system", powers=powers, actor=firm.system().actor
            )

        self._panels[firm.tenant.id] = open_panel(firm, self.base_url)

    def order(
        self,
        firm: Firm,
        wish: Wish,
        target: str,
        *,
        minor: int,
        times: int = 1,
        has_key: bool = True,
    ) -> None:
        """Order something, `times` times at once, as an old client does that clicks again.

        With a key of its own, or without any.
        """
        mark = secrets.token_hex(8)
        if wish.path:
            form = _form(firm, wish, target, minor)
            for _ in range(times):
                self._begin(lambda: self._ask(firm, wish, target, form, mark, has_key=has_key))
        else:
            self._in_panel(firm, wish, target, minor, mark, times=times)
        self.orders += 1

    def order_in_panel(self, firm: Firm, wish: Wish, target: str, *, minor: int) -> None:
        """Order something in the panel, whose button is pressed twice."""
        self._in_panel(firm, wish, target, minor, secrets.token_hex(8), times=2)
        self.orders += 1

    def two_agents(self, firm: Firm, target: str, *, minor: int) -> None:
        """Two people see the same payment and order the same, from the same preview (M14)."""
        with scoping.tenant(firm.tenant.id):
            charge = Charge.objects.get(external_id=target)
            version = MoneyRoot.objects.get(pk=charge.root_id).money_version
        accepted: list[UUID] = []

        def click() -> None:
            person = replace(firm.system(), credential=f"member:{uuid4()}")
            try:
                intent = firm.refund(charge, minor, money_version=version, requester=person)
            except (ActionDeniedError, MoneyChangedError, DatabaseError):
                return
            accepted.append(intent.id)
            if len(accepted) > 1:
                self.told_apart.append(f"two agents refunded {target} from one preview")

        for _ in range(2):
            self._begin(click)
        self.orders += 1

    def finish(self) -> None:
        """Wait until every caller has its answer."""
        while self._running:
            # A dialog that is answered adds the presses of its button.
            self._running.pop(0).result(timeout=300)

    def misled(self) -> list[str]:
        """Answers that did not stay true, wishes that became two orders, and server errors."""
        found, ordered = list(self.told_apart), defaultdict[str, set[UUID]](set)
        for answer in self.answers:
            if answer.status >= 500:
                found.append(f"a caller got {answer.status}: {answer.text}")
            if answer.intent_id is None:
                continue
            ordered[answer.wish].add(answer.intent_id)
            with scoping.tenant(answer.firm.tenant.id):
                intent = ActionIntent.objects.get(pk=answer.intent_id)
            is_done = IntentState(intent.state) in HAPPENED
            if (answer.status == 200 and not is_done) or (answer.status == 400 and is_done):
                found.append(f"a caller was told {answer.status} of {intent.id}: {intent.state}")
        return found + [
            f"one wish became {len(ids)} orders: {sorted(map(str, ids))}"
            for ids in ordered.values()
            if len(ids) > 1
        ]

    def _begin(self, work: Callable[[], None]) -> None:
        def closing() -> None:
            try:
                work()
            finally:
                connections.close_all()

        self._running.append(self._pool.submit(closing))

    def _ask(
        self,
        firm: Firm,
        wish: Wish,
        target: str,
        form: Mapping[str, str],
        mark: str,
        *,
        has_key: bool,
    ) -> None:
        def post() -> requests.Response:
            return requests.post(
                f"{self.base_url}/v1/gateway/{wish.path.format(target=target)}",
                data={"log_reason": "goodwill", **form},
                auth=(self._keys[firm.tenant.id], ""),
                headers={"Idempotency-Key": mark} if has_key else {},
                timeout=(2, 20),
            )

        response = self._until_answered(post)
        if response is None:
            return
        place = response.headers.get("Location", "")
        intent_id = UUID(place.rsplit("/", 1)[1]) if place else None
        self._told(firm, mark, response.status_code, intent_id, response.text)

    def _in_panel(
        self, firm: Firm, wish: Wish, target: str, minor: int, mark: str, *, times: int
    ) -> None:
        """Open the dialog, then press its button: every press carries the dialog's operation."""
        panel, object_id = self._panels[firm.tenant.id], firm.id_of(target)

        def press() -> None:
            dialog = self._until_answered(lambda: panel.open(wish.action, object_id))
            if dialog is None or not dialog.ok:
                return
            form = panel.filled(dialog.text, _form(firm, wish, target, minor))
            for _ in range(times):
                self._begin(lambda: submit(form))

        def submit(form: Mapping[str, str]) -> None:
            response = self._until_answered(lambda: panel.submit(form))
            if response is not None:
                status, intent_id = panel.told(response)
                self._told(firm, mark, status, intent_id, response.text)

        self._begin(press)

    def _until_answered(self, ask: Callable[[], requests.Response]) -> requests.Response | None:
        until = time.monotonic() + ASKS_FOR_S
        while time.monotonic() < until:
            try:
                response = ask()
            except requests.RequestException:
                time.sleep(0.3)
                continue
            if response.status_code < 500 or not self.is_database_away():
                return response
            time.sleep(0.3)
        return None

    def _told(self, firm: Firm, mark: str, status: int, intent_id: UUID | None, text: str) -> None:
        self.answers.append(Answer(firm, mark, status, intent_id, text[:300]))


def _form(firm: Firm, wish: Wish, target: str, minor: int) -> dict[str, str]:
    form: dict[str, str] = filled(wish.form, {"target": target, **firm.names})
    if wish.takes_amount:
        form["amount"] = f"{minor // 100}.{minor % 100:02d}"
    return form
