"""A gateway that does not answer: the panel says so in time, and its buttons wait (S14, X4)."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Locator, expect

from chargedesk.actions import services
from tests.browser.demo import Demo, load_demo
from tests.conftest import Running
from tests.services.ground import Ground

HANGS_S = 30


@pytest.fixture(scope="module")
def demo(ground: Ground, live_web: Running, worker: Running, sandbox: Running) -> Demo:
    """The demo, loaded through the real adapters."""
    return load_demo(ground)


@pytest.fixture(params=["light", "dark"])
def panel(demo: Demo, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Frame]:
    """A panel, 320 px wide, of a customer who paid at Braintree, which hangs from now on."""
    page = demo.sign_in(browser, scheme=request.param)
    frame = demo.open_ticket(page, "1043")
    page.locator("iframe[name=chargedesk]").evaluate("each => each.style.width = '320px'")
    _control(demo, "POST", kind="delay_before_effect", path_regex="", delay_s=HANGS_S)
    yield frame
    _control(demo, "DELETE")
    page.context.close()


def test_the_dialog_opens_in_time_and_says_who_does_not_answer(panel: Frame) -> None:
    """X4: its place, then words; S14: which gateway, what to do, and no button."""
    button, started = _opener(panel), time.monotonic()
    button.click()
    waiting = panel.locator("#dialog [data-waiting]")
    expect(waiting.locator(".skeleton")).to_be_visible()
    expect(waiting.get_by_role("status")).to_contain_text("Asking the gateway")
    _look(panel)

    banner = panel.locator("#dialog .banner").first
    expect(banner).to_contain_text("does not answer", timeout=HANGS_S * 1000)
    assert services.PREVIEW_WITHIN_S <= time.monotonic() - started < HANGS_S - 1
    expect(banner).to_contain_text("Braintree")
    expect(banner).to_contain_text("Nothing was changed")
    expect(panel.locator("#submit")).to_be_disabled()
    expect(panel.locator("#dialog-title")).to_be_focused()
    _look(panel)
    panel.locator("#field-amount").fill("1.00")
    expect(panel.locator("#submit")).to_have_text(re.compile(r"1\.00"))
    expect(panel.locator("#submit")).to_be_disabled()


def test_trying_again_opens_the_dialog_with_its_button(demo: Demo, panel: Frame) -> None:
    _opener(panel).click()
    expect(panel.locator("#submit")).to_be_disabled(timeout=HANGS_S * 1000)
    _control(demo, "DELETE")

    panel.locator("#dialog").get_by_role("button", name="Try again").click()

    expect(panel.locator("#submit")).to_be_enabled()
    expect(panel.locator("#dialog .banner")).to_have_count(0)


def test_waiting_can_be_cancelled(panel: Frame) -> None:
    """Nothing opens afterwards, and the opener has the focus again."""
    button = _opener(panel)
    button.click()
    panel.locator("#dialog").get_by_role("button", name="Cancel").click()

    expect(panel.locator("#dialog")).not_to_be_visible()
    expect(button).to_be_focused()
    panel.wait_for_timeout((services.PREVIEW_WITHIN_S + 2) * 1000)
    expect(panel.locator("#dialog")).not_to_be_visible()
    expect(panel.locator("#notice")).to_be_empty()


def _opener(panel: Frame) -> Locator:
    panel.locator("details.charge summary").first.click()
    return panel.locator('button[data-deed="refund"]').first


def _look(panel: Frame) -> None:
    found = Axe().run(panel)
    assert found.violations_count == 0, found.generate_report()
    assert panel.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _control(demo: Demo, method: str, **rule: Any) -> None:
    url = f"{demo.plain['sandbox_url']}/_control/faults"
    order = {"provider": "braintree", "times": 1000, **rule} if rule else None
    assert requests.request(method, url, json=order, timeout=30).ok
