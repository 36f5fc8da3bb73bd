"""Early fraud warnings: a picture, a list, news, and a right of their own that may be missing."""

import pytest

from gateways.errors import CredentialsError, PayloadError
from gateways.snapshots import FraudWarningSnapshot, ObjectKind
from gateways.stripe import ADAPTER
from gateways.stripe.endpoints import ENABLED_EVENTS
from gateways.stripe.mapping import snapshot
from gateways.stripe.webhooks import event_of
from tests.contracts.stripe.harness import StripeHarness
from tests.gateways.stripe.recorded import event_about, recorded, seen

NEWS = "radar.early_fraud_warning"


def _warned(sandbox: StripeHarness) -> tuple[str, str]:
    charge = sandbox.make_charge(amount=5000)
    warning = sandbox.control("act", object=charge["id"], do="fraud_warning")["object"]
    return warning["id"], charge["id"]


@pytest.mark.parametrize(("ends", "is_actionable"), [("actionable", True), ("refunded", False)])
def test_a_warning_names_its_charge_and_what_kind_of_fraud(
    ends: str,
    is_actionable: bool,  # noqa: FBT001  a value of the table
) -> None:
    obj = recorded(f"early_fraud_warning_{ends}")
    found = snapshot(obj, seen())
    assert isinstance(found, FraudWarningSnapshot)
    assert found.external_id == obj["id"]
    assert found.charge_id == obj["charge"]
    assert (found.is_actionable, found.reason) == (is_actionable, "unauthorized_use_of_card")


def test_a_new_word_for_the_fraud_is_kept_as_it_is() -> None:
    found = snapshot(recorded("early_fraud_warning_actionable", fraud_type="of_a_new_kind"), seen())
    assert isinstance(found, FraudWarningSnapshot)
    assert found.reason == "of_a_new_kind"


@pytest.mark.parametrize("field", ["charge", "actionable"])
def test_one_that_says_too_little_is_not_readable(field: str) -> None:
    obj = recorded("early_fraud_warning_actionable")
    del obj[field]
    with pytest.raises(PayloadError):
        snapshot(obj, seen())


def test_its_news_is_complete_and_the_endpoint_asks_for_it() -> None:
    obj = recorded("early_fraud_warning_actionable")
    event = event_of(event_about(obj, type=f"{NEWS}.created"))
    assert (event.kind, event.object_id) == (ObjectKind.FRAUD_WARNING, obj["id"])
    assert isinstance(event.snapshot, FraudWarningSnapshot)
    assert {f"{NEWS}.created", f"{NEWS}.updated"} <= set(ENABLED_EVENTS)


def test_news_in_another_version_is_read_again(stripe_sandbox: StripeHarness) -> None:
    warning_id, charge_id = _warned(stripe_sandbox)
    event = event_of(event_about({"id": warning_id, "object": NEWS}, api_version="2024-06-20"))
    assert event.kind is ObjectKind.FRAUD_WARNING
    assert event.snapshot is None
    (found,) = ADAPTER.read(stripe_sandbox.credentials(), event.kind, event.object_id)
    assert isinstance(found, FraudWarningSnapshot)
    assert found.charge_id == charge_id


def test_a_warning_is_listed(stripe_sandbox: StripeHarness) -> None:
    warning_id, _ = _warned(stripe_sandbox)
    page = ADAPTER.page(stripe_sandbox.credentials(), ObjectKind.FRAUD_WARNING)
    assert [each.external_id for each in page.snapshots] == [warning_id]


def test_the_right_to_read_them_is_asked_for_and_not_needed(stripe_sandbox: StripeHarness) -> None:
    def right(name: str) -> tuple[bool, bool]:
        credentials = getattr(stripe_sandbox, name)()
        (found,) = (
            each
            for each in ADAPTER.check(credentials).permissions
            if each.name == "early_fraud_warnings.read"
        )
        return found.is_granted, found.is_required

    assert right("credentials") == (True, False)
    assert right("limited_credentials") == (False, False)
    with pytest.raises(CredentialsError) as refused:
        ADAPTER.page(stripe_sandbox.limited_credentials(), ObjectKind.FRAUD_WARNING)
    assert refused.value.missing
