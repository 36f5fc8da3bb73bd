"""Every entry of the audit log can be read as a sentence, in each language we have."""

from typing import Any

import pytest
from django.utils import translation

from audit.models import AuditEvent
from audit.sentences import sentence
from audit.verbs import Verb
from gateways.capabilities import ActionKind

ORDER = {"action": "refund", "amount": "5.00 EUR", "requested_by": "Anna", "target": "ch_1"}


def entry(verb: str, details: dict[str, Any] | None = None, *, result: str = "") -> AuditEvent:
    """An entry that somebody wrote."""
    return AuditEvent(
        verb=verb,
        actor_kind="member",
        actor_id="7",
        actor_label="Bruno",
        object_kind="charge",
        object_id="42",
        result=result,
        details=details or {},
    )


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("verb", list(Verb))
def test_every_verb_has_its_sentence(verb: Verb, language: str) -> None:
    with translation.override(language):
        for details in (ORDER, {}):
            said = sentence(entry(verb.value, details))
            assert "Bruno" in said
            assert verb.value not in said
            assert "%" not in said


@pytest.mark.parametrize("action", list(ActionKind))
def test_every_action_has_its_words(action: ActionKind) -> None:
    said = sentence(entry(Verb.ACTION_REQUESTED, {**ORDER, "action": action.value}))
    assert said.startswith("Bruno ordered ")
    assert "an order" not in said


@pytest.mark.parametrize(
    ("verb", "details", "result", "said"),
    [
        ("action.requested", ORDER, "ready", "Bruno ordered a refund of 5.00 EUR"),
        (
            "action.approved",
            ORDER,
            "ready",
            "Bruno approved a refund of 5.00 EUR, ordered by Anna",
        ),
        (
            "action.failed",
            ORDER,
            "partly_done",
            "Bruno completed only a part of a refund of 5.00 EUR, ordered by Anna",
        ),
        (
            "action.resolved",
            {**ORDER, "stage": "confirmed"},
            "failed",
            "Bruno confirmed what became of a refund of 5.00 EUR, ordered by Anna",
        ),
        (
            "incident.raised",
            ORDER,
            "succeeded",
            "Bruno raised an alarm about a refund of 5.00 EUR, ordered by Anna",
        ),
        ("incident.raised", {}, "", "Bruno raised an alarm"),
        (
            "customer.linked",
            {"kind": "email", "value": "emma@example.com"},
            "unlinked",
            "Bruno removed the link of emma@example.com to a customer",
        ),
        (
            "member.added",
            {"user": "100%@example.com"},
            "",
            "Bruno let 100%@example.com into the team",
        ),
        ("later.invented", {}, "", "Bruno: later.invented"),
    ],
)
def test_the_words_follow_what_the_entry_says(
    verb: str, details: dict[str, Any], result: str, said: str
) -> None:
    assert sentence(entry(verb, details, result=result)) == said
