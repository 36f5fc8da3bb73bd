"""Refunds: what may go back, in which steps, and what happens days later (reference 4.3, 5)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.program import Account, Program

DAY = 24 * 3600


def test_full_and_partial_refunds_add_up(account: Account) -> None:
    # 4.3: "Many partial refunds up to the captured amount".
    charge = account.charges[0]
    first = account.post("refunds", {"charge": charge, "amount": 500, "reason": "duplicate"})
    assert (first["status"], first["amount"], first["reason"]) == ("succeeded", 500, "duplicate")
    assert account.get(f"charges/{charge}")["amount_refunded"] == 500
    rest = account.post("refunds", {"payment_intent": account.intents[0]})
    assert rest["amount"] == 1500
    after = account.get(f"charges/{charge}")
    assert (after["refunded"], after["amount_refunded"]) == (True, 2000)
    assert account.money()[charge]["refunded_minor"] == 2000
    assert account.money()[charge]["refunds"] == 2


def test_refusals_leave_nothing_behind(account: Account) -> None:
    charge = account.charges[0]
    too_much = account.refused("refunds", {"charge": charge, "amount": 2001})
    assert too_much["status"] == 400
    assert too_much["type"] == "invalid_request_error"
    assert "greater than charge amount" in too_much["message"]
    account.post("refunds", {"charge": charge})
    again = account.refused("refunds", {"charge": charge, "amount": 1})
    assert again["code"] == "charge_already_refunded"
    assert account.money()[charge] == {
        "currency": "EUR",
        "captured_minor": 2000,
        "refunded_minor": 2000,
        "refunds": 1,
        "root": account.intents[0],
    }
    effects = [entry["effect"] for entry in account.journal()]
    assert effects == [None, "refund.created", None]


@pytest.mark.parametrize(("switch", "code"), [("", None), ("amount_too_large", "amount_too_large")])
def test_the_code_of_an_over_refund_is_unsure(
    program: Program, switch: str, code: str | None
) -> None:
    # 4.3 lists amount_too_large without saying where it is used.
    account = program.account(charges=1)
    program.control("POST", "settings", {"stripe.over_refund_code": switch})
    try:
        error = account.refused("refunds", {"charge": account.charges[0], "amount": 9999})
    finally:
        program.control("POST", "settings", {"stripe.over_refund_code": ""})
    assert error.get("code") == code


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"outcome": "failed"}, "charge_not_refundable"),
        ({"outcome": "uncaptured"}, "payment_intent_unexpected_state"),
    ],
)
def test_unpaid_charges_cannot_be_refunded(
    account: Account, properties: dict[str, Any], code: str
) -> None:
    charge = account.charge(**properties)
    assert account.refused("refunds", {"charge": charge["id"]})["code"] == code
    intent = {"payment_intent": charge["payment_intent"]}
    assert account.refused("refunds", intent)["code"] == "payment_intent_unexpected_state"


def test_an_uncaptured_charge_without_intent_is_released_by_a_refund(account: Account) -> None:
    # 4.2, Void: "a charge without intent: refund the uncaptured charge".
    charge = account.charge(outcome="uncaptured", with_intent=False)
    account.post("refunds", {"charge": charge["id"]})
    assert account.get(f"charges/{charge['id']}")["refunded"] is True
    assert account.journal()[-2]["effect"] == "charge.voided"
    assert charge["id"] not in account.money()


def test_disputed_charges_cannot_be_refunded_until_won(account: Account) -> None:
    # 4.3: "Disputed charges cannot be refunded (charge_disputed)".
    charge = account.charges[0]
    dispute = account.act(charge, "dispute", reason="fraudulent")
    assert account.refused("refunds", {"charge": charge})["code"] == "charge_disputed"
    account.act(dispute["id"], "close", outcome="won")
    assert account.post("refunds", {"charge": charge, "amount": 100})["status"] == "succeeded"


def test_an_inquiry_does_not_block_a_refund(account: Account) -> None:
    dispute = account.act(account.charges[0], "dispute", status="warning_needs_response")
    assert dispute["is_charge_refundable"] is True
    assert account.post("refunds", {"charge": account.charges[0]})["status"] == "succeeded"


@pytest.mark.parametrize(
    ("currency", "wrong", "right"), [("kwd", 1001, 1010), ("isk", 150, 100), ("ugx", 1, 200)]
)
def test_steps_of_currencies(account: Account, currency: str, wrong: int, right: int) -> None:
    # 5: three decimals end in 0; ISK and UGX are sent x100 and end in 00.
    charge = account.charge(currency=currency, amount=20000)["id"]
    assert account.refused("refunds", {"charge": charge, "amount": wrong})["status"] == 400
    assert account.post("refunds", {"charge": charge, "amount": right})["amount"] == right


@pytest.mark.parametrize(
    ("currency", "amount", "minor"), [("jpy", 5000, 5000), ("isk", 5000, 50), ("kwd", 5000, 5000)]
)
def test_money_is_told_in_iso_minor_units(
    account: Account, currency: str, amount: int, minor: int
) -> None:
    charge = account.charge(currency=currency, amount=amount)["id"]
    account.post("refunds", {"charge": charge})
    assert account.money()[charge]["captured_minor"] == minor
    assert account.money()[charge]["refunded_minor"] == minor
    assert [entry["amount"] for entry in account.journal(effect="refund.created")] == [minor]


@pytest.mark.parametrize("amount", ["1e3", "0", "-1", "10.001", "999999999999999999", "abc", ""])
def test_amounts_that_are_none(account: Account, amount: str) -> None:
    error = account.refused("refunds", {"charge": account.charges[0], "amount": amount})
    assert error["status"] == 400
    assert error["param"] == "amount"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "parameter_missing"),
        ({"charge": "ch_nope"}, "resource_missing"),
        ({"payment_intent": "pi_nope"}, "resource_missing"),
        ({"charge": "CHARGE", "colour": "red"}, "parameter_unknown"),
        ({"charge": "CHARGE", "reason": "boredom"}, None),
    ],
)
def test_orders_that_make_no_sense(
    account: Account, params: dict[str, Any], code: str | None
) -> None:
    sent = {k: account.charges[0] if v == "CHARGE" else v for k, v in params.items()}
    assert account.refused("refunds", sent).get("code") == code


def test_parallel_refunds_never_exceed_the_charge(account: Account) -> None:
    charge = account.charges[0]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: account.call("POST", "refunds", {"charge": charge, "amount": 700}),
                range(8),
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 200] + [400] * 6
    assert account.money()[charge]["refunded_minor"] == 1400


def test_metadata_is_kept_and_found(account: Account) -> None:
    # 4.1: "GET /v1/refunds?charge= and match our metadata.operation_id".
    params = {"charge": account.charges[0], "metadata[operation_id]": "op-1"}
    made = account.post("refunds", params)
    found = account.get("refunds", charge=account.charges[0])["data"]
    assert [item["metadata"] for item in found] == [{"operation_id": "op-1"}]
    changed = account.post(f"refunds/{made['id']}", {"metadata[note]": "x"})
    assert changed["metadata"] == {"operation_id": "op-1", "note": "x"}


def test_a_pending_refund_settles_days_later(own_program: Program) -> None:
    # 4.3: "refund.status: pending, requires_action, succeeded, failed, canceled".
    account = own_program.account(charges=1, refund_as="pending")
    refund = account.post("refunds", {"charge": account.charges[0]})
    assert (refund["status"], refund["pending_reason"]) == ("pending", "processing")
    own_program.control("POST", "clock", {"advance_s": 4 * DAY})
    assert account.get(f"refunds/{refund['id']}")["status"] == "succeeded"


@pytest.mark.parametrize("status", ["succeeded", "pending"])
def test_how_debits_are_refunded_is_unsure(program: Program, status: str) -> None:
    account = program.account(charges=1, method="sepa_debit")
    program.control("POST", "settings", {"stripe.refund_as.sepa_debit": status})
    try:
        refund = account.post("refunds", {"charge": account.charges[0]})
    finally:
        program.control("POST", "settings", {"stripe.refund_as.sepa_debit": "succeeded"})
    assert refund["status"] == status
    assert account.money()[account.charges[0]]["refunded_minor"] == 2000


def test_a_succeeded_refund_may_fail_days_later(own_program: Program) -> None:
    # 4.3: "failure may come days later (refund.failed, failure_reason ...) and the money returns to
    # the balance while charge.amount_refunded is corrected".
    account = own_program.account(charges=1, refund_as="fail_later")
    refund = account.post("refunds", {"charge": account.charges[0], "amount": 700})
    assert refund["status"] == "succeeded"
    own_program.control("POST", "clock", {"advance_s": 6 * DAY})
    after = account.get(f"refunds/{refund['id']}")
    assert (after["status"], after["failure_reason"]) == ("failed", "expired_or_canceled_card")
    charge = account.get(f"charges/{account.charges[0]}")
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    assert account.money()[account.charges[0]]["refunded_minor"] == 0
    types = [event["type"] for event in account.get("events")["data"]]
    assert "refund.failed" in types


def test_a_bank_can_fail_or_settle_a_refund_at_once(account: Account) -> None:
    account.act(account.charges[0], "refund_as", refund_as="insufficient_funds")
    refund = account.post("refunds", {"charge": account.charges[0]})
    assert refund["pending_reason"] == "insufficient_funds"
    assert account.act(refund["id"], "settle")["status"] == "succeeded"
    assert account.act(refund["id"], "fail_refund", reason="declined")["status"] == "failed"


def test_only_refunds_that_need_an_action_can_be_canceled(account: Account) -> None:
    done = account.post("refunds", {"charge": account.charges[0], "amount": 100})
    assert account.refused(f"refunds/{done['id']}/cancel")["status"] == 400
    account.act(account.charges[1], "refund_as", refund_as="requires_action")
    waiting = account.post("refunds", {"charge": account.charges[1]})
    assert account.post(f"refunds/{waiting['id']}/cancel")["status"] == "canceled"
    assert account.get(f"charges/{account.charges[1]}")["amount_refunded"] == 0


def test_a_refund_in_the_dashboard_is_not_in_the_journal_but_in_the_money(account: Account) -> None:
    account.act(account.charges[0], "dashboard_refund", amount=300)
    assert account.journal(effect="refund.created") == []
    assert account.money()[account.charges[0]]["refunded_minor"] == 300
