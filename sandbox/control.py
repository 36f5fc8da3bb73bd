"""The control API under /_control: journal, money, faults, acts, clock, deliveries, reset."""

import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from sandbox.behind import Behind
from sandbox.clock import Clock
from sandbox.exchange import Exchange
from sandbox.faults import LAG_KINDS, FaultRuleError
from sandbox.jobs import Jobs
from sandbox.journal import Selection, listed
from sandbox.loader import load_seed
from sandbox.provider import Call, Provider
from sandbox.store import Store, keep_setting
from sandbox.webhooks import Postman
from sandbox.wire import Identity, Json, Request, Response, json_response

PREFIX = "/_control/"


class ControlError(ValueError):
    """The order cannot be carried out; the text says why."""

    code = "control_invalid"


@dataclass(frozen=True)
class Parts:
    """What the control API steers."""

    store: Store
    clock: Clock
    exchange: Exchange
    postman: Postman
    jobs: Jobs
    providers: Mapping[str, Provider]
    profile: str


class Control:
    """Answers test programs; nothing here exists at a real provider."""

    def __init__(self, parts: Parts) -> None:
        self._store, self._clock, self._exchange = parts.store, parts.clock, parts.exchange
        self._postman, self._jobs, self._providers = parts.postman, parts.jobs, parts.providers
        self._profile, self._behind = parts.profile, Behind(parts.providers)
        self._routes: dict[tuple[str, str], Callable[[dict[str, str], Json], Any]] = {
            ("GET", "health"): self._health,
            ("GET", "journal"): self._journal,
            ("GET", "money"): self._money,
            ("GET", "objects"): self._objects,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._arm,
            ("DELETE", "faults"): self._disarm,
            ("POST", "catch_up"): self._catch_up,
            ("POST", "act"): self._act,
            ("POST", "accounts"): self._create,
            ("POST", "seed"): self._create,
            ("POST", "objects"): self._create,
            ("GET", "clock"): self._time,
            ("POST", "clock"): self._advance,
            ("POST", "reset"): self._reset,
            ("GET", "deliveries"): self._deliveries,
            ("POST", "deliveries"): self._deliver,
            ("GET", "settings"): self._switches,
            ("POST", "settings"): self._switch,
        }

    def answer(self, request: Request) -> Response:
        """Carry out one order."""
        name = request.path.removeprefix(PREFIX).strip("/")
        route = self._routes.get((request.method, name))
        if route is None:
            return json_response(404, {"error": f"unknown: {request.method} {request.path}"})
        query = {key: values[-1] for key, values in parse_qs(request.query).items()}
        try:
            order = json.loads(request.body) if request.body else {}
            return json_response(200, route(query, {**order, "_route": name}))
        except (ControlError, FaultRuleError, KeyError, ValueError, TypeError) as error:
            return json_response(400, {"error": f"{type(error).__name__}: {error}"})
        except Exception as error:
            traceback.print_exc()
            return json_response(500, {"error": f"{type(error).__name__}: {error}"})

    def _health(self, _query: dict[str, str], _order: Json) -> Json:
        return {"ok": True}

    def _journal(self, query: dict[str, str], _order: Json) -> Json:
        wanted = Selection(
            query.get("provider"),
            query.get("account"),
            query.get("effect"),
            int(query.get("after", 0)),
            _limit(query),
        )
        with self._store.read() as db:
            return listed(db, wanted)

    def _money(self, query: dict[str, str], _order: Json) -> Json:
        objects: dict[str, Json] = {}
        with self._store.read() as db:
            for provider in self._chosen(query.get("provider")):
                objects |= provider.money(db, query.get("account"))
        return {"objects": objects}

    def _objects(self, query: dict[str, str], _order: Json) -> Json:
        provider, account = query["provider"], query["account"]
        with self._store.read() as db:
            rows = db.execute(
                "SELECT body FROM objects WHERE (shelf = ? OR shelf LIKE ?) AND kind = ?"
                " ORDER BY seq",
                (f"{provider}/{account}", f"{provider}/{account}/%", query["kind"]),
            ).fetchall()
        return {"objects": [json.loads(row[0]) for row in rows]}

    def _faults(self, _query: dict[str, str], _order: Json) -> Json:
        return {"faults": self._exchange.faults.rules()}

    def _arm(self, _query: dict[str, str], order: Json) -> Json:
        rule = {name: value for name, value in order.items() if name != "_route"}
        if rule.get("kind") in LAG_KINDS and "provider" in rule:
            self._insist_on_lag(rule["provider"])
        return {"id": self._exchange.faults.arm(rule)}

    def _insist_on_lag(self, name: str) -> None:
        if self._provider(name).lagging is None:
            raise ControlError(f"nothing lags at {name}: every look-up shows what was done at once")

    def _disarm(self, _query: dict[str, str], _order: Json) -> Json:
        self._exchange.faults.disarm()
        return {"ok": True}

    def _catch_up(self, _query: dict[str, str], order: Json) -> Json:
        place = f"{order['provider']}/{order['account']}"
        with self._store.write() as db:
            shown = db.execute(
                "UPDATE objects SET visible_at = 0 WHERE (shelf = ? OR shelf LIKE ?)"
                " AND visible_at > ?",
                (place, f"{place}/%", self._clock.now()),
            ).rowcount
        return {"shown": shown}

    def _act(self, _query: dict[str, str], order: Json) -> Json:
        return self._in_transaction(order, lambda provider, call: provider.act(call, order))

    def _create(self, _query: dict[str, str], order: Json) -> Json:
        return self._in_transaction(order, lambda provider, call: provider.create(call, order))

    def _in_transaction(self, order: Json, work: Callable[[Provider, Call], Json]) -> Json:
        provider = self._provider(order.get("provider", "stripe"))
        identity = Identity(order.get("account") or "", bool(order.get("livemode")))
        with self._store.write() as db:
            call = Call(Request("POST", "", "", {}, b""), identity, db, self._clock.now())
            call.behind = self._behind
            result = work(provider, call)
        self._postman.nudge()
        return result

    def _time(self, _query: dict[str, str], _order: Json) -> Json:
        return {"now": self._clock.now()}

    def _advance(self, _query: dict[str, str], order: Json) -> Json:
        now = self._clock.advance(float(order["advance_s"]))
        done = self._jobs.run_due()
        self._postman.nudge()
        return {"now": now, "jobs": done}

    def _reset(self, _query: dict[str, str], order: Json) -> Json:
        self._exchange.faults.disarm()
        self._clock.reset()
        load_seed(
            self._store,
            self._providers,
            order.get("seed") or self._profile,
            self._clock.now(),
        )
        self._postman.resume()
        return {"ok": True}

    def _deliveries(self, query: dict[str, str], _order: Json) -> Json:
        sql = (
            "SELECT id, provider, account, endpoint, event, type, url, state, attempts, next_at,"
            " last_status, last_error FROM deliveries WHERE 1 = 1"
        )
        values: list[str] = []
        for column in ("provider", "account", "endpoint", "event", "state", "type"):
            if column in query:
                sql += f" AND {column} = ?"
                values.append(query[column])
        with self._store.read() as db:
            rows = db.execute(f"{sql} ORDER BY id", values).fetchall()
        return {
            "deliveries": [dict(row) for row in rows],
            "paused": self._postman.is_paused,
        }

    def _deliver(self, _query: dict[str, str], order: Json) -> Json:
        what = order.get("do")
        if what == "pause":
            self._postman.pause()
        elif what == "resume":
            self._postman.resume()
        elif what == "deliver_now":
            return {"posted": self._postman.deliver_now()}
        elif what == "redeliver":
            return {"posted": self._postman.redeliver([int(number) for number in order["ids"]])}
        else:
            raise ControlError("do is one of pause, resume, deliver_now, redeliver")
        return {"ok": True}

    def _switches(self, _query: dict[str, str], _order: Json) -> Json:
        with self._store.read() as db:
            rows = db.execute("SELECT name, value FROM settings ORDER BY name").fetchall()
        return {row["name"]: row["value"] for row in rows}

    def _switch(self, _query: dict[str, str], order: Json) -> Json:
        with self._store.write() as db:
            for name, value in order.items():
                if name != "_route":
                    keep_setting(db, name=name, value=str(value))
        return {"ok": True}

    def _provider(self, name: str) -> Provider:
        if name not in self._providers:
            raise ControlError(f"unknown provider: {name}")
        return self._providers[name]

    def _chosen(self, name: str | None) -> list[Provider]:
        return [self._provider(name)] if name else list(self._providers.values())


def _limit(query: Mapping[str, str]) -> int | None:
    if "limit" not in query:
        return None
    limit = int(query["limit"])
    if limit < 1:
        raise ControlError("limit is at least 1")
    return limit
