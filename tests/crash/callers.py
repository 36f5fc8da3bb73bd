"""People and programs that order: over `/v1` with and without a key, twice, and two at once."""

import secrets
import time
from collections.abc import Callable
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
from tests.crash.town import Firm, Wish

# A caller whose server died asks again, with the same key if it has one.
ASKS_FOR_S = 40


@dataclass(frozen=True)
class Answer:
    """What a caller was told about one order."""

    firm: Firm
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
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(24))
    _running: list[Future[None]] = field(default_factory=list)

    def meet(self, firm: Firm) -> None:
        """Give a firm's own system an unlimited key."""
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

    def order(self, firm: Firm, wish: Wish, target: str, *, minor: int, times: int = 1) -> None:
        """Order something with a key of its own, `times` times at once."""
        key = secrets.token_hex(8)
        for _ in range(times):
            self._begin(lambda: self._ask(firm, wish, target, minor, key))
        self.orders += 1

    def order_without_key(self, firm: Firm, wish: Wish, target: str, *, minor: int) -> None:
        """Order something twice at once, as an old client does that clicks again."""
        for _ in range(2):
            self._begin(lambda: self._ask(firm, wish, target, minor, ""))
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
        for each in self._running:
            each.result(timeout=90)
        self._running.clear()

    def misled(self) -> list[str]:
        """Answers that did not stay true, and server errors."""
        found = list(self.told_apart)
        for answer in self.answers:
            if answer.status >= 500:
                found.append(f"a caller got {answer.status}: {answer.text}")
            if answer.intent_id is None:
                continue
            with scoping.tenant(answer.firm.tenant.id):
                intent = ActionIntent.objects.get(pk=answer.intent_id)
            is_done = IntentState(intent.state) in HAPPENED
            if (answer.status == 200 and not is_done) or (answer.status == 400 and is_done):
                found.append(f"a caller was told {answer.status} of {intent.id}: {intent.state}")
        return found

    def _begin(self, work: Callable[[], None]) -> None:
        def closing() -> None:
            try:
                work()
            finally:
                connections.close_all()

        self._running.append(self._pool.submit(closing))

    def _ask(self, firm: Firm, wish: Wish, target: str, minor: int, key: str) -> None:
        until = time.monotonic() + ASKS_FOR_S
        while time.monotonic() < until:
            try:
                response = self._post(firm, wish, target, minor, key)
            except requests.RequestException:
                time.sleep(0.3)
                continue
            if response.status_code >= 500 and self.is_database_away():
                time.sleep(0.3)
                continue
            place = response.headers.get("Location", "")
            intent_id = UUID(place.rsplit("/", 1)[1]) if place else None
            self.answers.append(Answer(firm, response.status_code, intent_id, response.text[:300]))
            return

    def _post(self, firm: Firm, wish: Wish, target: str, minor: int, key: str) -> requests.Response:
        form = {"log_reason": "goodwill", **wish.form}
        if wish.takes_amount:
            form["amount"] = f"{minor // 100}.{minor % 100:02d}"
        return requests.post(
            f"{self.base_url}/v1/gateway/{wish.path.format(target=target)}",
            data=form,
            auth=(self._keys[firm.tenant.id], ""),
            headers={"Idempotency-Key": key} if key else {},
            timeout=(2, 20),
        )
