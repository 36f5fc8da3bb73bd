"""Measures the card: found by e-mail among many customers, as HTML, against three others."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

from bench import wsgi
from bench.data_set import HEAVY, TYPICAL, Company, e_mail
from bench.figures import Figure
from bench.ground import Ground
from bench.measuring import Cost, Meter
from bench.statements import backend_pid, counted
from chargedesk.kit import clock
from chargedesk.sidebar.bearer import Bearer, seal

_ROUNDS, _PER_ROUND = 16, 5
_CARD, _OK, _PLAIN = "/api/sidebar/card", "/bench/ok", "/bench/customer"
_GOOD = 200


def measure(ground: Ground, company: Company, application: Any) -> list[Figure]:
    """The figures of the card."""
    heavy = [e_mail(number) for number in range(1, HEAVY + 1)]
    typical = [e_mail(number) for number in range(HEAVY + 1, HEAVY + TYPICAL + 1)]
    asked = {
        "card": _asking(application, company, _CARD, typical),
        "ok": _asking(application, company, _OK, typical),
        "plain": _asking(application, company, _PLAIN, typical),
        "heavy": _asking(application, company, _CARD, heavy),
    }
    calls_before = _calls(ground)
    costs = Meter(backend_pid).contest(asked, rounds=_ROUNDS)
    statements = {name: _statements(work) for name, work in asked.items()}
    return _figures(costs, statements, provider_calls=_calls(ground) - calls_before)


def _figures(
    costs: dict[str, Cost], statements: dict[str, int], *, provider_calls: int
) -> list[Figure]:
    card = costs["card"]

    def against(name: str, what: str, aim: float) -> Figure:
        other = costs[name]
        return Figure(
            name=f"card: CPU against {what}",
            value=card.cpu_ms / other.cpu_ms,
            aim=aim,
            ours=f"{card.cpu_ms:.2f} ms",
            against=f"{what}: {other.cpu_ms:.2f} CPU-ms, {statements[name]} statements",
            wall=f"{card.wall_ms:.2f} ms against {other.wall_ms:.2f} ms",
        )

    heavy = costs["heavy"]
    return [
        against("ok", "authenticated ok view behind the same middleware", 8),
        against("plain", "plain DRF ModelSerializer view of the same rows", 1 / 3),
        Figure(
            name="card: SQL statements",
            value=max(statements["card"], statements["heavy"]),
            aim=3,
            against=f"plain DRF ModelSerializer view: {statements['plain']} statements",
        ),
        Figure(
            name="card: provider calls",
            value=provider_calls,
            aim=0,
            against="calls in the sandbox's journal while the cards were made",
        ),
        Figure(
            name="card: CPU with 10,000 charges",
            value=heavy.cpu_ms / card.cpu_ms,
            aim=1.3,
            ours=f"{heavy.cpu_ms:.2f} ms",
            against=f"the card of a customer with 20 charges: {card.cpu_ms:.2f} CPU-ms",
            wall=f"{heavy.wall_ms:.2f} ms against {card.wall_ms:.2f} ms",
        ),
    ]


def _asking(application: Any, company: Company, path: str, emails: list[str]) -> Callable[[], int]:
    environs = cycle([_environ(company, path, email) for email in emails])

    def ask() -> int:
        for _ in range(_PER_ROUND):
            answer = wsgi.ask(application, next(environs))
            if answer.status != _GOOD:
                raise RuntimeError(f"{path}: {answer.status} {answer.body[:500]!r}")
        return _PER_ROUND

    return ask


def _environ(company: Company, path: str, email: str) -> dict[str, Any]:
    bearer = Bearer(
        tenant=str(company.tenant),
        connection=str(company.helpdesk),
        member=str(company.member),
        agent_name="Agent",
        agent_email="agent@shop.example",
        ticket="17",
        language="en",
        ticket_language="en",
        email=email,
        is_email_verified=True,
        name="",
        external_id="",
        started=int(clock.now().timestamp()),
    )
    return wsgi.get(path, headers={"Authorization": f"Bearer {seal(bearer)}"})


def _statements(work: Callable[[], int]) -> int:
    with counted() as seen:
        work()
    return round(len(seen) / _PER_ROUND)


def _calls(ground: Ground) -> int:
    return len(ground.control("GET", "journal", provider="stripe", limit=100_000)["entries"])
