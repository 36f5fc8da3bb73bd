"""What every folder under `helpdesk_apps/` promises, run for each one the registry finds."""

import dataclasses

import pytest

from chargedesk.kit import clock
from helpdesk_apps import registry
from helpdesk_apps.contract import HelpdeskAdapter, HelpdeskCredentials, InboundRequest
from helpdesk_apps.errors import HelpdeskError, HelpdeskUnsupportedError

ADAPTERS = registry.adapters()


@pytest.fixture(params=list(ADAPTERS.values()), ids=list(ADAPTERS))
def adapter(request: pytest.FixtureRequest) -> HelpdeskAdapter:
    """Each installed adapter."""
    found: HelpdeskAdapter = request.param
    return found


def _request(**changes: object) -> InboundRequest:
    plain = InboundRequest(
        method="POST", path="/", query="", headers={}, body=b"", received_at=clock.now()
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def test_declaration_is_complete(adapter: HelpdeskAdapter) -> None:
    """Name, label, fields and capabilities are data that the settings page can show."""
    assert adapter.name == adapter.name.lower()
    assert adapter.label
    assert len({field.name for field in adapter.settings_fields}) == len(adapter.settings_fields)
    assert set(adapter.capabilities.note_fields) <= {f.name for f in adapter.settings_fields}
    assert isinstance(adapter.capabilities.as_json()["signs_agent"], bool)


@pytest.mark.parametrize("body", [b"", b"garbage", b"\xff\xfe", b"a=" * 9000])
def test_unsigned_callers_are_refused(adapter: HelpdeskAdapter, body: bytes) -> None:
    """Whatever arrives without a signature is no caller."""
    with pytest.raises(HelpdeskError):
        adapter.verify_caller(HelpdeskCredentials(values={"secret": "s" * 40}), _request(body=body))


def test_unsigned_webhooks_are_refused(adapter: HelpdeskAdapter) -> None:
    """News without a signature is no news."""
    with pytest.raises(HelpdeskError):
        adapter.parse_webhook(
            HelpdeskCredentials(values={"secret": "s" * 40}), _request(body=b"{}")
        )


def test_secrets_are_not_in_the_representation() -> None:
    """A log line with credentials in it shows no secret."""
    assert "hush" not in repr(HelpdeskCredentials(values={"secret": "hush"}))


def test_unknown_helpdesk_names_what_there_is() -> None:
    """The error of the registry helps."""
    with pytest.raises(registry.UnknownHelpdeskError, match="generic"):
        registry.adapter("nowhere")


def test_canvas_is_refused_where_undeclared(adapter: HelpdeskAdapter) -> None:
    """A helpdesk that draws nothing says so."""
    if not adapter.capabilities.draws_canvas:
        with pytest.raises(HelpdeskUnsupportedError):
            adapter.draw(None)  # type: ignore[arg-type]
