"""The browser grant of keys: the address to send a person to, and the shop's answer, checked.

The answer is not signed and does not name the shop, so whoever calls this must know `user_id` as a
state made for one tenant, shop and moment, use it once, and try the keys before storing them.
"""

import json

from gateways.contract import Credentials, GrantedKeys, InboundRequest
from gateways.errors import CredentialsError, PayloadError
from gateways.woocommerce.address import shop_base
from gateways.woocommerce.documents import UNREADABLE
from gateways.woocommerce.signing import keys_of, written

SCOPE = "read_write"
_APP = "ChargeDesk"
_LARGEST = 4096


def authorize_url(
    credentials: Credentials, *, state: str, return_url: str, callback_url: str
) -> str:
    """Where the person approves; CredentialsError for an address or call-back a shop refuses."""
    if not callback_url.startswith("https://") and not credentials.api_base:
        raise CredentialsError(
            "A shop posts its keys to https only; enter the keys instead.", parameter="shop_url"
        )
    query = {
        "app_name": _APP,
        "scope": SCOPE,
        "user_id": state,
        "return_url": return_url,
        "callback_url": callback_url,
    }
    return f"{shop_base(credentials)}/wc-auth/v1/authorize?{written(query)}"


def granted_keys(request: InboundRequest) -> GrantedKeys:
    """Read the shop's call-back; PayloadError for anything but a whole pair that may write."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or kind != "application/json" or len(request.body) > _LARGEST:
        raise PayloadError("This is not a grant of keys.")
    try:
        told = json.loads(request.body.decode())
        state, permissions = str(told["user_id"]), told["key_permissions"]
        names = ("consumer_key", "consumer_secret")
        values = {name: told[name] for name in names if isinstance(told[name], str)}
    except (*UNREADABLE, LookupError, TypeError) as error:
        raise PayloadError("This is not a grant of keys.") from error
    if permissions != SCOPE:
        raise PayloadError("The keys that were granted may not do what was asked for.")
    try:
        keys_of(Credentials(values=values))
    except CredentialsError as error:
        raise PayloadError("This is not a grant of keys.") from error
    return GrantedKeys(state=state, values=values)
