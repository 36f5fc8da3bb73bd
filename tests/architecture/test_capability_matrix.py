"""The page of what each gateway can do says what the declarations say, all of it."""

from dataclasses import fields, make_dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.core.management import CommandError, call_command

from chargedesk.tenants.management.commands import capability_matrix
from chargedesk.tenants.management.commands.capability_matrix import own_gateways
from gateways.capabilities import ActionKind, Capabilities
from gateways.contract import GatewayAdapter
from gateways.matrix import matrix
from gateways.snapshots import ObjectKind


def _row(page: str, name: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
    return [each.strip() for each in line.strip("|").split("|")][1:]


def test_the_committed_page_is_up_to_date() -> None:
    """If this fails: make capabilities."""
    call_command("capability_matrix", check=True)


def test_a_page_that_says_otherwise_is_found(tmp_path: Any, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError):
        call_command("capability_matrix", check=True)
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    call_command("capability_matrix", write=True)
    call_command("capability_matrix", check=True)
    page = tmp_path / capability_matrix.PAGE
    page.write_text(page.read_text().replace("| refund |", "| refunds |"))
    with pytest.raises(CommandError):
        call_command("capability_matrix", check=True)


def test_what_is_not_compared_has_a_page_in_its_own_folder(tmp_path: Any, settings: Any) -> None:
    """A gateway more changes no page of the others; nor is it told nowhere."""
    settings.BASE_DIR = tmp_path
    compared, added = own_gateways()[:-1], own_gateways()[-1]
    page, folder = tmp_path / capability_matrix.PAGE, tmp_path / "gateways" / added.name
    for each in (page.parent, folder):
        each.mkdir(parents=True)
    page.write_text(matrix(compared))
    with pytest.raises(CommandError, match=added.name):
        call_command("capability_matrix", check=True)
    call_command("capability_matrix", write=True)
    call_command("capability_matrix", check=True)
    assert page.read_text() == matrix(compared)
    own = (folder / capability_matrix.OWN_PAGE).read_text()
    assert own.startswith(f"# What {added.label} can do\n")
    assert len(_row(own, "refund")) == 1


def test_every_gateway_action_and_kind_has_its_place() -> None:
    page = matrix(own_gateways())
    for adapter in own_gateways():
        assert f"| {adapter.label} " in page
    for kind in (*ActionKind, *ObjectKind):
        assert f"| {kind.value.replace('_', ' ')} |" in page


def test_limits_proofs_and_steps_are_told() -> None:
    page = matrix(own_gateways())
    labels = [adapter.label for adapter in own_gateways()]
    at = labels.index
    assert "age limit 180 days" in _row(page, "refund")[at("PayPal")]
    assert "not with the paid period" in _row(page, "cancel subscription")[at("PayPal")]
    assert _row(page, "capture")[at("WooCommerce")] == "no"
    proofs = page.partition("How an order without an answer is settled")[2]
    assert "same key for 30 min" in _row(proofs, "refund")[at("Recurly")]
    assert "KWD 10" in _row(page, "steps")[at("Stripe")]


def test_what_is_added_to_the_declarations_shows_by_itself() -> None:
    """Nobody has to remember this page."""
    wider = make_dataclass(
        "Wider", [("teleports", bool, True)], bases=(Capabilities,), frozen=True, kw_only=True
    )
    plain = own_gateways()[0].capabilities
    refund = plain.refund
    assert refund is not None
    told = {each.name: getattr(plain, each.name) for each in fields(plain)}
    grown = make_dataclass(
        "Grown",
        [("is_swift", bool, True), ("span", timedelta, timedelta(days=9))],
        bases=(type(refund),),
        frozen=True,
        kw_only=True,
    )
    offered = grown(**{each.name: getattr(refund, each.name) for each in fields(refund)})
    adapter = SimpleNamespace(label="Acme", capabilities=wider(**{**told, "refund": offered}))
    page = matrix([cast(GatewayAdapter, adapter)])
    assert _row(page, "teleports") == ["yes"]
    assert "is swift" in _row(page, "refund")[0]
    assert "span 9 days" in _row(page, "refund")[0]
