"""Answers a gateway that checks whether a webhook address is ours before it uses it."""

from collections.abc import Mapping

from chargedesk.base import scoping
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.selectors import WebhookDoor
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry
from gateways.contract import AnswersChallenges


def asked(gateway: str, query: Mapping[str, str]) -> str | None:
    """The challenge in an address's query; None if this gateway makes none, or made none here."""
    adapter: object = registry.adapters().get(gateway)
    return query.get(adapter.challenge_field) if isinstance(adapter, AnswersChallenges) else None


def answer(gateway: str, door: WebhookDoor, challenge: str) -> str:
    """What proves that the address is ours. SignatureError for an odd challenge."""
    adapter: object = registry.adapter(gateway)
    assert isinstance(adapter, AnswersChallenges)  # noqa: S101  `asked` has found one
    with scoping.tenant(door.tenant_id):
        credentials = gateway_credentials(usable_connection(door.connection_id))
    return adapter.answer_challenge(credentials, challenge)
