"""What the shared suites know of Recurly."""

import secrets

import requests

from gateways.capabilities import ActionKind
from tests.contracts.recurly.harness import LATE
from tests.services.accounts import Account
from tests.services.houses import PLAN_MINOR, Billed, House, Keys, Names, Ways, new


def _keys(mark: str) -> Keys:
    return Keys(f"s{mark}", {"key": mark}, {"api_key": mark})


def _hook(account: Account, _keys: Keys, url: str) -> str:
    secret = secrets.token_hex(16)
    account.make("endpoint", url=url, secret=secret)
    return secret


def _sells(account: Account) -> dict[str, str]:
    plan = new(account, {"object": "plan", "amount": PLAN_MINOR})
    return {"price": f"{plan}:EUR", "coupon": new(account, {"object": "coupon"})}


def _discounted(account: Account, names: Names) -> str:
    made = account.make("subscription", events=False)
    redemptions = f"/accounts/{made['account']['id']}/coupon_redemptions/active"
    wanted = {"coupon_id": names["coupon"], "subscription_id": made["id"]}
    answer = requests.post(
        f"{account.control.api_base_of('recurly')}{redemptions}",
        json=wanted,
        auth=(account.key, ""),
        headers={"Accept": "application/vnd.recurly.v2021-02-25"},
        timeout=30,
    )
    account.control.answer(answer)
    return str(made["id"])


def _billed(account: Account) -> Billed:
    billed: Billed = {}
    for paid in account.objects("transaction"):
        for of in paid["subscription_ids"]:
            billed.setdefault(of, []).append(round(paid["amount"] * 100))
    return billed


HOUSE = House(
    "recurly",
    _keys,
    "invoice",
    hook=_hook,
    late=LATE,
    ways=Ways(
        orders={"paused": {"status": "paused", "remaining_pause_cycles": 3}},
        prepared={"discounted": _discounted},
        sells=_sells,
        makes={ActionKind.CHARGE: "invoice", ActionKind.CREATE_SUBSCRIPTION: "subscription"},
        billed=_billed,
    ),
    marks={
        ActionKind.REFUND: (
            "gateways.recurly.looking.marker",
            "gateways.recurly.outcomes.marker",
            "gateways.recurly.mapping.payments.marker",
        ),
        ActionKind.CHARGE: (
            "gateways.recurly.looking.payment_marker",
            "gateways.recurly.outcomes.payment_marker",
            "gateways.recurly.mapping.payments.payment_marker",
        ),
    },
)
