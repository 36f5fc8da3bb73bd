"""What the shared suites know of Braintree."""

from gateways.capabilities import ActionKind
from tests.contracts.braintree.harness import LATE
from tests.services.accounts import Account
from tests.services.houses import PLAN_MINOR, House, Keys, Ways, new


def _keys(mark: str) -> Keys:
    public, private = f"public{mark}", f"private{mark}"
    values = {
        "environment": "sandbox",
        "merchant_id": f"merchant{mark}",
        "public_key": public,
        "private_key": private,
    }
    return Keys(f"merchant{mark}", {"key": f"{public}:{private}"}, values)


def _hook(account: Account, keys: Keys, url: str) -> str:
    opened = {**keys.opening, "webhook_url": url}
    account.control.post("accounts", provider="braintree", account=account.id, **opened)
    return keys.values["private_key"]


def _sells(account: Account) -> dict[str, str]:
    return {"price": new(account, {"object": "plan", "amount": PLAN_MINOR})}


HOUSE = House(
    "braintree",
    _keys,
    "transaction",
    held={"object": "charge", "outcome": "uncaptured"},
    late=LATE,
    hook=_hook,
    ways=Ways(
        sells=_sells,
        makes={
            ActionKind.CHARGE: "transaction",
            ActionKind.AUTHORIZE: "transaction",
            ActionKind.CREATE_SUBSCRIPTION: "subscription",
        },
    ),
    marks={
        ActionKind.REFUND: (
            "gateways.braintree.actions.carries_marker",
            "gateways.braintree.outcomes.carries_marker",
            "gateways.braintree.mapping.payments.marker_of",
        ),
    },
)
