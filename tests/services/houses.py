"""What the shared suites know of a provider: each gateway tells it in a file of its own.

`tests/contracts/<gateway>/house.py` has one `HOUSE`. The suites find it there, so that a gateway
more is played by all of them without a word elsewhere.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from gateways.capabilities import ActionKind
from tests.services.accounts import Account

# What the plan costs that is subscribed to or changed to.
PLAN_MINOR = 3100
FOLDERS = Path(__file__).resolve().parents[1] / "contracts"

Json = Mapping[str, Any]
Names = Mapping[str, str]
Make = Callable[[Account, Names], str]
Billed = dict[str, list[int]]


@dataclass(frozen=True)
class Keys:
    """An account nobody else uses: what opens it at the sandbox, and what a person types here."""

    account: str
    opening: Mapping[str, str]
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Ways:
    """How things are done at one provider.

    Attributes:
        orders: by stock, what the control API is told besides the usual, or instead of it.
        prepared: by stock, what makes an object where one order does not.
        sells: makes a price and a coupon, as wishes name them.
        makes: by action, the kind of stored object that carries our marker.
        first_minor: what is taken when a subscription begins.
        billed: reads what subscriptions were billed because they were changed; None where a change
            bills nothing at once.
        shows_sending: an invoice shows whether it was mailed.
    """

    orders: Mapping[str, Json] = field(default_factory=dict)
    prepared: Mapping[str, Make] = field(default_factory=dict)
    sells: Callable[[Account], dict[str, str]] = lambda _account: {}
    makes: Mapping[ActionKind, str] = field(default_factory=dict)
    first_minor: int = PLAN_MINOR
    billed: Callable[[Account], Billed] | None = None
    shows_sending: bool = False


@dataclass(frozen=True)
class House:
    """What the suites must know of one provider.

    Attributes:
        keys: invents an account from a mark that nobody else has.
        held: the control API's order for money that is authorized only; none where there is none.
        marked: the kind of the stored objects that carry our marker, one for each refund.
        late: actions whose look-up may show late what was done: it goes by a list or a search.
        lagging_list: the path of the list of refunds, where every order reads one that may lag.
        hook: where no API makes an endpoint, does what a person does in the provider's pages, and
            answers the secret that this person copies.
        functions: the addresses that carry orders out, by name, where the gateway is a company's
            own system; a call's path ends with its address.
        ends_refunds_at_once: a refund is done when it is answered: no news says later that it
            failed.
        ways: how things are made, sold and billed there.
        marks: by action, the functions that know what an order made by our mark on it, wherever
            they are called; one that answers with the order's id, or that it is so.
    """

    name: str
    keys: Callable[[str], Keys]
    marked: str = "refund"
    held: Json = field(default_factory=dict)
    late: frozenset[ActionKind] = frozenset()
    lagging_list: str = ""
    hook: Callable[[Account, Keys, str], str] | None = None
    functions: Callable[[str], Mapping[str, str]] | None = None
    ends_refunds_at_once: bool = False
    ways: Ways = field(default_factory=Ways)
    marks: Mapping[ActionKind, tuple[str, ...]] = field(default_factory=dict)


def all_houses() -> dict[str, House]:
    """What the gateways' folders tell, by name."""
    found = (
        import_module(f"tests.contracts.{folder.name}.house").HOUSE
        for folder in pkgutil.iter_modules([str(FOLDERS)])
        if (FOLDERS / folder.name / "house.py").is_file()
    )
    return {house.name: house for house in found}


def new(account: Account, order: Json) -> str:
    """Make an object, without news of it."""
    wanted = {"events": False, **order}
    return str(account.make(wanted.pop("object"), **wanted)["id"])
