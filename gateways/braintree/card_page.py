"""What a page of ours needs so that a customer can give a new card: token, script, CSP hosts."""

import time
from dataclasses import dataclass

from gateways.braintree.client import PRODUCTION, READ_SECONDS, Method, call, environment_of
from gateways.braintree.reading import checked
from gateways.braintree.refusals import Purpose
from gateways.contract import Credentials
from gateways.errors import UnavailableError

# Drop-in in one script; the version is part of the address.
SCRIPT = "https://js.braintreegateway.com/web/dropin/1.44.1/js/dropin.min.js"
_ASSETS = "https://assets.braintreegateway.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    """What the page embeds. `hosts`: by CSP directive, what the script loads and talks to."""

    client_token: str
    script: str
    hosts: dict[str, tuple[str, ...]]


def card_page(credentials: Credentials, *, customer_id: str) -> CardPage:
    """Ask for a client token of one customer. NotFoundError for an unknown one."""
    answer = call(
        credentials,
        Method.POST,
        "/client_token",
        params={"client_token": {"version": 2, "customer_id": checked(customer_id)}},
        deadline=time.monotonic() + READ_SECONDS,
        # A token moves and keeps nothing.
        purpose=Purpose.READ,
    )
    token = answer.object("client_token").get("value")
    if not isinstance(token, str) or not token:
        raise UnavailableError("Braintree answered without a client token.")
    return CardPage(client_token=token, script=SCRIPT, hosts=_hosts(environment_of(credentials)))


def _hosts(environment: str) -> dict[str, tuple[str, ...]]:
    part = "" if environment == PRODUCTION else ".sandbox"
    return {
        "script-src": ("https://js.braintreegateway.com", _ASSETS),
        "frame-src": (_ASSETS,),
        "img-src": (_ASSETS, "data:"),
        "connect-src": (
            f"https://api{part}.braintreegateway.com",
            f"https://client-analytics{part}.braintreegateway.com",
            f"https://payments{part}.braintree-api.com",
        ),
    }
