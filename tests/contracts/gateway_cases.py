"""The definition of a gateway adapter, as a class of tests.

An adapter that lives in another package subclasses `GatewayContract` and overrides the fixture
`harness`; everything else is inherited.
"""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import InboundRequest, Order
from gateways.errors import (
    CredentialsError,
    DeclinedError,
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    PayloadError,
    RateLimitedError,
    SignatureError,
    UnavailableError,
    UnsupportedError,
)
from gateways.function_kinds import FUNCTION_KINDS
from gateways.snapshots import AnySnapshot, ChargeSnapshot, ObjectKind, RefundSnapshot
from gateways.timed import ending_before
from gateways.unknown import unknown_statuses
from tests.contracts.action_cases import ActionCases
from tests.contracts.error_cases import SLOW, ErrorCases
from tests.contracts.harness import RECORDINGS, Fault, GatewayHarness
from tests.contracts.steps import PATIENCE, WITH_EFFECT

NEW_WORD = "a_word_from_the_future"
SECRET = "whsec_of_the_suite"  # noqa: S105  made up, and signs nothing but the suite's own requests
ANOTHER_SECRET = "whsec_after_the_roll"  # noqa: S105  likewise
SHORT = timedelta(seconds=1)


# No decimals, three, or a number that providers and ISO 4217 do not agree on.
EASILY_WRONG = {"JPY", "KWD", "ISK", "UGX", "HUF", "TWD"}


class GatewayContract(ActionCases, ErrorCases):
    """Every case; subclasses bring the `harness`."""

    @pytest.fixture
    def events_logged(self) -> Iterator[LogCapture]:
        """Everything structlog is asked to say."""
        capture, before = LogCapture(), structlog.get_config()
        structlog.configure(processors=[capture])
        yield capture
        structlog.configure(**before)

    # ---- the declaration

    def test_declaration_can_be_listed(self, harness: GatewayHarness) -> None:
        adapter = harness.adapter
        listed = json.dumps(adapter.capabilities.as_json())
        assert adapter.name
        assert adapter.label
        assert json.loads(listed)["reads"] == sorted(adapter.capabilities.reads)

    def test_every_setting_is_explained_and_keys_are_secret(self, harness: GatewayHarness) -> None:
        fields = {each.name: each for each in harness.adapter.settings_fields}
        assert set(harness.credentials().values) <= set(fields)
        assert all(each.label for each in fields.values())
        has_key = harness.adapter.capabilities.checks_keys
        assert any(each.is_secret for each in fields.values()) or not has_key

    def test_undeclared_kinds_are_refused(self, harness: GatewayHarness) -> None:
        declared = harness.adapter.capabilities
        for kind in set(ObjectKind) - declared.reads:
            with pytest.raises(UnsupportedError):
                harness.adapter.page(harness.credentials(), kind)

    def test_undeclared_actions_are_refused(self, harness: GatewayHarness) -> None:
        for action in self._undeclared(harness):
            order = Order(
                action=action, intent_id=new_id(), target_id="x", money=Money.of(100, "EUR")
            )
            with pytest.raises(UnsupportedError):
                harness.adapter.freeze(order)

    # ---- keys

    def test_check_tells_account_mode_and_rights(self, harness: GatewayHarness) -> None:
        found = harness.adapter.check(harness.credentials())
        assert bool(found.account_id) is harness.adapter.capabilities.checks_keys
        assert not found.is_live
        assert all(each.is_granted for each in found.permissions)

    def test_the_same_account_is_recognised_through_another_key(
        self, harness: GatewayHarness
    ) -> None:
        """M10: an account is connected once per tenant and mode, whatever key opens it."""
        full = harness.adapter.check(harness.credentials())
        limited = harness.adapter.check(harness.limited_credentials())
        assert full.account_id == limited.account_id

    def test_missing_rights_are_shown_one_by_one(self, harness: GatewayHarness) -> None:
        found = harness.adapter.check(harness.limited_credentials())
        if not harness.adapter.capabilities.checks_keys:
            assert found.permissions == ()
            return
        assert any(each.is_granted for each in found.permissions)
        assert not all(each.is_granted for each in found.permissions)

    def test_a_revoked_key_opens_nothing(self, harness: GatewayHarness) -> None:
        if not harness.adapter.capabilities.checks_keys:
            # There is no key to try; the wrong secret shows when something is wanted.
            self._assert_declined(harness, harness.revoked_credentials())
            return
        with pytest.raises(CredentialsError) as caught:
            harness.adapter.check(harness.revoked_credentials())
        assert not caught.value.missing

    def test_a_key_without_the_right_says_which(self, harness: GatewayHarness) -> None:
        if not harness.adapter.capabilities.checks_keys:
            self._assert_declined(harness, harness.limited_credentials())
            return
        order = harness.make_order(ActionKind.REFUND)
        with pytest.raises(CredentialsError) as caught:
            self._send(harness, order, limited=True)
        assert caught.value.missing
        assert harness.moved(order).minor == 0

    # ---- reading

    def test_pages_lose_and_double_nothing(self, harness: GatewayHarness) -> None:
        if not self._lists(harness):
            return
        made = harness.make_charges(120)
        seen: list[str] = []
        cursor = ""
        while True:
            page = harness.adapter.page(harness.credentials(), ObjectKind.CHARGE, cursor=cursor)
            seen += [each.external_id for each in page.snapshots]
            cursor = page.next_cursor
            if not cursor:
                break
        assert len(seen) == len(set(seen))
        assert set(seen) == made

    def test_a_page_is_newest_first_and_bounded_by_since(self, harness: GatewayHarness) -> None:
        if not self._lists(harness):
            return
        harness.make_charges(5)
        page = harness.adapter.page(harness.credentials(), ObjectKind.CHARGE)
        times = [each.created_at for each in page.snapshots]
        assert times == sorted(times, reverse=True)
        later = harness.adapter.page(
            harness.credentials(), ObjectKind.CHARGE, since=clock.now() + timedelta(days=1)
        )
        assert later.snapshots == ()
        assert later.next_cursor == ""

    def test_every_declared_kind_can_be_listed_and_read(self, harness: GatewayHarness) -> None:
        harness.make_order(ActionKind.REFUND)
        for kind in harness.adapter.capabilities.reads:
            page = harness.adapter.page(harness.credentials(), kind)
            for listed in page.snapshots[:1]:
                read = harness.adapter.read(harness.credentials(), kind, listed.external_id)
                assert type(read[0]) is type(listed)
                assert read[0].external_id == listed.external_id
                assert listed.raw

    def test_a_read_is_as_old_as_its_answer(self, harness: GatewayHarness) -> None:
        """M18: the time of a read is never later than the moment the provider answered."""
        order = harness.make_order(ActionKind.REFUND)
        read = harness.adapter.read(harness.credentials(), ObjectKind.CHARGE, order.target_id)
        assert read[0].as_of <= clock.now()
        assert read[0].as_of > clock.now() - PATIENCE

    def test_what_does_not_exist_is_not_found(self, harness: GatewayHarness) -> None:
        for external_id in ("nothing_of_this_name", "guest:someone@example.com", "..", ""):
            with pytest.raises(NotFoundError):
                harness.adapter.read(harness.credentials(), ObjectKind.CHARGE, external_id)

    def test_unreachable_means_not_sent(self, harness: GatewayHarness) -> None:
        nowhere = replace(harness.credentials(), api_base="http://127.0.0.1:9")
        with pytest.raises(UnavailableError):
            harness.adapter.read(
                nowhere, ObjectKind.CHARGE, harness.make_order(ActionKind.REFUND).target_id
            )

    def test_news_can_be_polled(self, harness: GatewayHarness) -> None:
        order = harness.make_order(ActionKind.REFUND)
        since = clock.now() - timedelta(minutes=5)
        if not harness.adapter.capabilities.polls_events:
            with pytest.raises(UnsupportedError):
                harness.adapter.events(harness.credentials(), since=since)
            return
        page = harness.adapter.events(harness.credentials(), since=since)
        assert order.target_id in {each.object_id for each in page.events}

    def test_webhook_endpoint_can_be_made_and_removed_twice(self, harness: GatewayHarness) -> None:
        url = "http://127.0.0.1:9/webhooks/contract/"
        if not harness.adapter.capabilities.registers_webhooks:
            with pytest.raises(UnsupportedError):
                harness.adapter.register_webhook(harness.credentials(), url=url)
            return
        endpoint = harness.adapter.register_webhook(harness.credentials(), url=url)
        assert endpoint.secret
        assert endpoint.secret not in repr(endpoint)
        for _ in range(2):
            harness.adapter.remove_webhook(harness.credentials(), external_id=endpoint.external_id)

    # ---- webhooks

    def test_a_signed_webhook_is_accepted(self, harness: GatewayHarness) -> None:
        body = harness.event_body()
        events = harness.adapter.parse_webhook(
            harness.signed(body, secret=SECRET, at=clock.now()), secrets=[SECRET]
        )
        assert events
        assert events[0].event_id
        assert events[0].kind is ObjectKind.CHARGE
        assert list(events) == list(harness.adapter.parse_stored(body))

    def test_both_secrets_count_during_a_roll(self, harness: GatewayHarness) -> None:
        request = harness.signed(harness.event_body(), secret=ANOTHER_SECRET, at=clock.now())
        assert harness.adapter.parse_webhook(request, secrets=[SECRET, ANOTHER_SECRET])

    def test_a_foreign_signature_is_refused(self, harness: GatewayHarness) -> None:
        request = harness.signed(harness.event_body(), secret=ANOTHER_SECRET, at=clock.now())
        for secrets in ([SECRET], [], [""]):
            with pytest.raises(SignatureError):
                harness.adapter.parse_webhook(request, secrets=secrets)

    def test_one_changed_byte_is_refused(self, harness: GatewayHarness) -> None:
        request = harness.signed(harness.event_body(), secret=SECRET, at=clock.now())
        with pytest.raises(SignatureError):
            harness.adapter.parse_webhook(
                replace(request, body=request.body + b" "), secrets=[SECRET]
            )

    def test_an_unsigned_request_is_refused(self, harness: GatewayHarness) -> None:
        request = InboundRequest(
            method="POST",
            path="/",
            query="",
            headers={},
            body=harness.event_body(),
            received_at=clock.now(),
        )
        with pytest.raises(SignatureError):
            harness.adapter.parse_webhook(request, secrets=[SECRET])

    @pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(days=30), timedelta(hours=-1)])
    def test_a_replayed_or_future_webhook_is_refused(
        self, harness: GatewayHarness, age: timedelta
    ) -> None:
        body = harness.event_body()
        request = harness.signed(body, secret=SECRET, at=clock.now() - age)
        if not harness.adapter.capabilities.dates_webhooks:
            # A replay must be harmless instead: the same event again, and nothing in it believed.
            events = harness.adapter.parse_webhook(request, secrets=[SECRET])
            assert list(events) == list(harness.adapter.parse_stored(body))
            assert all(each.snapshot is None for each in events)
            return
        with pytest.raises(SignatureError):
            harness.adapter.parse_webhook(request, secrets=[SECRET])

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"object": 1}', b"\xff\xfe"])
    def test_garbage_is_a_payload_error(self, harness: GatewayHarness, body: bytes) -> None:
        with pytest.raises(PayloadError):
            harness.adapter.parse_stored(body)
        request = harness.signed(body, secret=SECRET, at=clock.now())
        with pytest.raises(PayloadError):
            harness.adapter.parse_webhook(request, secrets=[SECRET])

    # ---- recordings

    def test_every_recording_parses(self, harness: GatewayHarness) -> None:
        assert self._recordings(harness)
        for name, recording in self._recordings(harness).items():
            found = harness.parse(recording)
            assert found is None or found.external_id, name

    def test_every_kind_is_recorded(self, harness: GatewayHarness) -> None:
        found = {type(harness.parse(each)) for each in self._recordings(harness).values()}
        assert len(found - {type(None)}) >= len(harness.adapter.capabilities.reads)

    def test_unknown_fields_are_tolerated(self, harness: GatewayHarness) -> None:
        """At every depth of everything that is read, not only at the top."""
        for name, recording in self._recordings(harness).items():
            plain = harness.parse(recording)
            extended = harness.parse(self._with_new_fields(harness, recording))
            assert (plain is None) is (extended is None)
            if plain is not None and extended is not None:
                assert self._without_raw(extended) == self._without_raw(plain), name

    def test_an_unknown_status_stays_unknown_and_is_counted(self, harness: GatewayHarness) -> None:
        """Of every kind that has one; `told_without_status` says why one is not the provider's."""
        tried, kinds = set(), set()
        for name, recording in self._recordings(harness).items():
            plain = harness.parse(recording)
            kinds |= {type(plain)} if hasattr(plain, "status") else set()
            changed = harness.with_status(recording, NEW_WORD)
            if changed is None:
                continue
            found = harness.parse(changed)
            assert getattr(found, "status", None) == "unknown", name
            tried.add(type(found))
        assert kinds - tried == set(getattr(harness, "told_without_status", {}))
        counted = {
            word for gateway, _, word in unknown_statuses() if gateway == harness.adapter.name
        }
        assert NEW_WORD in counted

    # ---- amounts

    def test_amounts_are_exact_both_ways(self, harness: GatewayHarness) -> None:
        for theirs, ours in harness.currency_table():
            assert harness.charge_amount(theirs, ours.currency.code) == ours
            assert harness.order_amount(ours) == theirs

    def test_the_currencies_that_are_easily_wrong_are_in_the_table(
        self, harness: GatewayHarness
    ) -> None:
        """M13: each moves exactly, or is refused before an order exists."""
        shown = {ours.currency.code for _, ours in harness.currency_table()}
        refused = harness.adapter.capabilities.currency.unsupported
        for code in EASILY_WRONG - shown:
            assert code in refused
            assert not harness.adapter.capabilities.currency.is_on_step(Money.of(100, code))
            with pytest.raises(InvalidOrderError):
                harness.order_amount(Money.of(100, code))

    def test_amounts_off_the_step_are_refused(self, harness: GatewayHarness) -> None:
        """M13."""
        for code, step in harness.adapter.capabilities.currency.steps.items():
            with pytest.raises(InvalidOrderError):
                harness.order_amount(Money.of(10 * step + 1, code))

    # ---- money

    def test_every_declared_action_works_and_replays(self, harness: GatewayHarness) -> None:
        for action in self._declared(harness):
            order = harness.make_order(action)
            read = harness.adapter.read_before_money(harness.credentials(), order)
            assert bool(read) is self._is_read(harness, order)
            first = self._send(harness, order)
            assert first.state in {"succeeded", "pending"}
            assert first.money == order.money
            self._assert_settles_again(harness, order, first)

    def test_a_subscription_can_end_later(self, harness: GatewayHarness) -> None:
        offered = harness.adapter.capabilities.cancel_subscription
        if offered is None or not offered.at_period_end:
            return
        order = harness.make_order(ActionKind.CANCEL_SUBSCRIPTION, at_period_end=True)
        outcome = self._send(harness, order)
        assert outcome.state == "succeeded"
        assert outcome.money is None
        # By our marker, or by the state where there is no place for one (M6).
        self._assert_settles_again(harness, order, outcome)

    def test_an_order_is_frozen_whole(self, harness: GatewayHarness) -> None:
        """M1: what is stored is JSON, and comes back from the database as it was sent."""
        for action in self._declared(harness):
            order = harness.make_order(action)
            steps = harness.adapter.freeze(order)
            assert steps == harness.adapter.freeze(order)
            assert len({step.name for step in steps}) == len(steps)
            for step in steps:
                assert json.loads(json.dumps(dict(step.body))) == dict(step.body)

    def test_a_refund_carries_our_marker_into_the_ledger(self, harness: GatewayHarness) -> None:
        """M11: the snapshot links itself to its intent."""
        order = harness.make_order(ActionKind.REFUND)
        outcome = self._send(harness, order)
        refunds = [each for each in outcome.snapshots if isinstance(each, RefundSnapshot)]
        assert [each.marker for each in refunds] == [order.intent_id]
        read = harness.adapter.read_before_money(harness.credentials(), order)
        charge = next(each for each in read if isinstance(each, ChargeSnapshot))
        assert order.money is not None
        assert charge.refunded_minor == order.money.minor

    def test_no_charge_is_refunded_beyond_what_it_took(self, harness: GatewayHarness) -> None:
        order = harness.make_order(ActionKind.REFUND)
        assert order.money is not None
        beyond = replace(order, money=Money(order.money.minor * 1000, order.money.currency))
        with pytest.raises(GatewayError) as caught:
            self._send(harness, beyond)
        assert not isinstance(caught.value, OutcomeUnknownError | UnavailableError)
        assert harness.moved(order).minor == 0

    def test_nothing_leaves_after_the_deadline(self, harness: GatewayHarness) -> None:
        """M3."""
        order = harness.make_order(ActionKind.REFUND)
        with pytest.raises(UnavailableError):
            self._send(harness, order, within=timedelta(seconds=-1))
        assert harness.moved(order).minor == 0

    @pytest.mark.parametrize("fault", SLOW)
    def test_the_deadline_holds_while_waiting(self, harness: GatewayHarness, fault: Fault) -> None:
        """M3, M5: connect, send and read together, and what was sent may have happened."""
        order = harness.make_order(ActionKind.REFUND)
        harness.arm(fault, ActionKind.REFUND)
        before = clock.now()
        with pytest.raises(OutcomeUnknownError):
            self._send(harness, order, within=SHORT)
        # So long the answer itself would take.
        assert clock.now() - before < 3 * SHORT

    def test_nothing_leaves_after_the_deadline_of_whoever_calls(
        self, harness: GatewayHarness
    ) -> None:
        """M3: a shorter one around the call counts as its own."""
        order = harness.make_order(ActionKind.REFUND)
        with pytest.raises(UnavailableError), ending_before(time.monotonic() - 1):
            self._send(harness, order)
        assert harness.moved(order).minor == 0

    @pytest.mark.parametrize("fault", SLOW)
    def test_the_deadline_of_whoever_calls_fails_nothing_that_was_sent(
        self, harness: GatewayHarness, fault: Fault
    ) -> None:
        """M5: a shorter one around the call cuts the answer off, and that is all it does."""
        order = harness.make_order(ActionKind.REFUND)
        harness.arm(fault, ActionKind.REFUND)
        soon = time.monotonic() + SHORT.total_seconds()
        with pytest.raises(OutcomeUnknownError), ending_before(soon):
            self._send(harness, order)

    @pytest.mark.parametrize("fault", WITH_EFFECT)
    def test_what_an_unanswered_try_did_is_found(
        self, harness: GatewayHarness, fault: Fault
    ) -> None:
        """M7: our marker settles; repeating with the same key moves nothing more."""
        order = harness.make_order(ActionKind.REFUND)
        harness.arm(fault, ActionKind.REFUND)
        with pytest.raises(OutcomeUnknownError):
            self._send(harness, order)
        finding = harness.adapter.look_up(
            harness.credentials(), order, self._last_step(harness, order)
        )
        assert finding.outcome is not None
        assert finding.outcome.carries_marker
        self._assert_settles_again(harness, order, finding.outcome)

    def test_a_refund_of_somebody_else_settles_nothing(self, harness: GatewayHarness) -> None:
        """M7: an equal amount without our marker is shown to a human."""
        order = harness.make_order(ActionKind.REFUND)
        self._send(harness, replace(order, intent_id=new_id()))
        finding = harness.adapter.look_up(
            harness.credentials(), order, self._last_step(harness, order)
        )
        assert finding.outcome is None
        assert finding.seen

    def _is_read(self, harness: GatewayHarness, order: Order) -> bool:
        """Whether the gateway shows objects of the kind that the order is about."""
        declared = harness.adapter.capabilities
        about = FUNCTION_KINDS[order.action].about
        return about in declared.reads | declared.reads_by_id

    def test_nothing_done_is_nothing_found(self, harness: GatewayHarness) -> None:
        for action in self._declared(harness):
            order = harness.make_order(action)
            finding = harness.adapter.look_up(
                harness.credentials(), order, self._last_step(harness, order)
            )
            assert finding.outcome is None
            assert finding.seen == ""

    def test_a_429_was_not_executed(self, harness: GatewayHarness) -> None:
        order = harness.make_order(ActionKind.REFUND)
        harness.arm(Fault.RATE_LIMITED, ActionKind.REFUND)
        with pytest.raises(RateLimitedError) as caught:
            self._send(harness, order)
        assert caught.value.retry_after > 0
        assert harness.moved(order).minor == 0
        assert self._send(harness, order).state in {"succeeded", "pending"}

    # ---- secrets

    def test_secrets_never_show(
        self,
        harness: GatewayHarness,
        caplog: pytest.LogCaptureFixture,
        events_logged: LogCapture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level(logging.DEBUG)
        order = harness.make_order(ActionKind.REFUND)
        said: list[str] = [repr(harness.credentials())]
        for fault in (Fault.ERROR_500, Fault.RESET, Fault.HALF_BODY):
            harness.arm(fault, ActionKind.REFUND)
            with pytest.raises(GatewayError) as caught:
                self._send(harness, order)
            said.append(f"{caught.value!r} {vars(caught.value)} {caught.value.__cause__!r}")
        with pytest.raises((CredentialsError, DeclinedError)) as refused:
            self._use_revoked_key(harness, order)
        said.append(f"{refused.value!r} {vars(refused.value)} {refused.value.__cause__!r}")
        if harness.adapter.capabilities.registers_webhooks:
            endpoint = harness.adapter.register_webhook(
                harness.credentials(), url="http://127.0.0.1:9/webhooks/secret/"
            )
            self._assert_silent(endpoint.secret, caplog, events_logged)
        said.append("".join(capfd.readouterr()))
        for secret in self._secrets(harness):
            assert secret not in " ".join(said)
            self._assert_silent(secret, caplog, events_logged)

    # ---- steps

    def _use_revoked_key(self, harness: GatewayHarness, order: Order) -> None:
        if harness.adapter.capabilities.checks_keys:
            harness.adapter.check(harness.revoked_credentials())
        else:
            self._send(harness, order, credentials=harness.revoked_credentials())

    def _lists(self, harness: GatewayHarness) -> bool:
        """Whether charges can be listed; a gateway that is told what there is lists nothing."""
        return ObjectKind.CHARGE in harness.adapter.capabilities.reads

    def _recordings(self, harness: GatewayHarness) -> dict[str, Mapping[str, object]]:
        """By name, with what the provider published itself."""
        # A package of its own keeps its recordings beside its harness.
        folder: Path = getattr(harness, "recordings_folder", RECORDINGS / harness.adapter.name)
        own = {each.name: json.loads(each.read_text()) for each in sorted(folder.glob("*.json"))}
        published: Mapping[str, Mapping[str, object]] = getattr(harness, "published", {})
        return {**own, **published}

    def _with_new_fields(
        self, harness: GatewayHarness, recording: Mapping[str, object]
    ) -> Mapping[str, object]:
        # What is no JSON is extended by the harness.
        extend = getattr(harness, "with_new_fields", _extended)
        extended: Mapping[str, object] = extend(recording)
        assert extended != recording
        return extended

    def _without_raw(self, found: AnySnapshot) -> dict[str, object]:
        """What was understood: neither the payload as it came, nor the moment it was read."""
        told = {each.name: getattr(found, each.name) for each in fields(found)}
        untimed = {name: value for name, value in told.items() if value != found.as_of}
        return {name: untimed[name] for name in untimed if name not in {"raw", "told"}}

    def _secrets(self, harness: GatewayHarness) -> list[str]:
        hidden = {each.name for each in harness.adapter.settings_fields if each.is_secret}
        held = (harness.credentials(), harness.revoked_credentials())
        keys = [value for each in held for name, value in each.values.items() if name in hidden]
        return keys + [each.functions.secret for each in held if each.functions.secret]

    def _assert_silent(
        self, secret: str, caplog: pytest.LogCaptureFixture, events_logged: LogCapture
    ) -> None:
        assert secret not in caplog.text
        assert secret not in json.dumps(events_logged.entries, default=repr)


def _extended(value: object, name: str = "") -> Any:
    """The same with a new field in every object but meta data, whose keys are its writer's."""
    if isinstance(value, list):
        return [_extended(each, name) for each in value]
    if not isinstance(value, Mapping):
        return value
    extended = {key: _extended(each, key) for key, each in value.items()}
    return extended if name == "metadata" else extended | {"zz_new": {"a": [1]}}
