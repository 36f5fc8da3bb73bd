"""Registers, mends and removes our webhooks at a shop: one per topic, all with one secret."""

import secrets
import time
from collections.abc import Sequence
from typing import NamedTuple

from gateways.contract import Credentials, MendedWebhook, WebhookEndpoint
from gateways.errors import GatewayError, InvalidOrderError, NotFoundError, OutcomeUnknownError
from gateways.woocommerce.client import PAGE_LIMIT, READ_SECONDS, change, get

_PATH = "/webhooks"
_NAME = "ChargeDesk"
# There is no topic for refunds: they modify their order. Products and coupons are polled.
TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "customer.created",
    "customer.updated",
    "customer.deleted",
)
_PLUGIN_TOPICS = (
    "subscription.created",
    "subscription.updated",
    "subscription.deleted",
    "subscription.switched",
)


# By the shop itself, after more than five failures in a row.
_DISABLED = "disabled"


class _Webhook(NamedTuple):
    external_id: str
    topic: str
    status: str


def register(credentials: Credentials, *, url: str) -> WebhookEndpoint:
    """Make a webhook for each topic; ours at the same address are replaced.

    If one cannot be made, those made so far are removed again.
    """
    for each in _ours(credentials, url):
        _remove_one(credentials, each.external_id)
    # The shop decodes HTML in the secret, so that it holds letters and digits only.
    secret = secrets.token_hex(32)
    made: list[str] = []
    try:
        made += [_make(credentials, url=url, secret=secret, topic=topic) for topic in TOPICS]
        made += _made_for_plugin(credentials, _PLUGIN_TOPICS, url=url, secret=secret)
    except GatewayError:
        for each in _ours(credentials, url):
            _remove_one(credentials, each.external_id)
        raise
    return WebhookEndpoint(external_id=",".join(made), secret=secret)


def mend(credentials: Credentials, *, url: str, secret: str) -> MendedWebhook:
    """Switch on what the shop disabled after failures, and make anew what is gone.

    A webhook that somebody at the shop paused stays as it is: that was a person's wish.
    """
    ours = _ours(credentials, url)
    disabled = [each for each in ours if each.status == _DISABLED]
    for each in disabled:
        _revive(credentials, each.external_id)
    there = {each.topic for each in ours}
    missing = [topic for topic in TOPICS if topic not in there]
    made = [_make(credentials, url=url, secret=secret, topic=topic) for topic in missing]
    of_plugin = [topic for topic in _PLUGIN_TOPICS if topic not in there]
    made_for_plugin = _made_for_plugin(credentials, of_plugin, url=url, secret=secret)
    return MendedWebhook(
        external_id=",".join([*(each.external_id for each in ours), *made, *made_for_plugin]),
        revived=tuple(each.topic for each in disabled),
        remade=(*missing, *of_plugin[: len(made_for_plugin)]),
    )


def remove(credentials: Credentials, *, external_id: str) -> None:
    """Remove all webhooks of an endpoint; those that are already gone are fine."""
    for each in external_id.split(","):
        if each.isdecimal():
            _remove_one(credentials, each)


def _ours(credentials: Credentials, url: str) -> list[_Webhook]:
    found: list[_Webhook] = []
    for page in range(1, PAGE_LIMIT):
        items = get(credentials, _PATH, per_page=str(PAGE_LIMIT), page=str(page)).items()
        found += [
            _Webhook(str(obj["id"]), str(obj.get("topic")), str(obj.get("status")))
            for obj, _ in items
            if obj.get("delivery_url") == url and obj.get("name") == _NAME
        ]
        if len(items) < PAGE_LIMIT:
            break
    return found


def _made_for_plugin(
    credentials: Credentials, topics: Sequence[str], *, url: str, secret: str
) -> list[str]:
    try:
        return [_make(credentials, url=url, secret=secret, topic=topic) for topic in topics]
    except InvalidOrderError:
        # Without the plug-in the shop does not know these topics.
        return []


def _make(credentials: Credentials, *, url: str, secret: str, topic: str) -> str:
    answer = change(
        credentials,
        "POST",
        _PATH,
        body={"name": _NAME, "topic": topic, "delivery_url": url, "secret": secret},
        deadline=time.monotonic() + READ_SECONDS,
    )
    number = answer.object().get("id")
    if type(number) is not int:
        raise OutcomeUnknownError("The shop told no number of the webhook.")
    return str(number)


def _revive(credentials: Credentials, external_id: str) -> None:
    change(
        credentials,
        "PUT",
        f"{_PATH}/{external_id}",
        body={"status": "active"},
        deadline=time.monotonic() + READ_SECONDS,
    )


def _remove_one(credentials: Credentials, external_id: str) -> None:
    try:
        change(
            credentials,
            "DELETE",
            f"{_PATH}/{external_id}",
            query={"force": "true"},
            deadline=time.monotonic() + READ_SECONDS,
        )
    except NotFoundError:
        return
