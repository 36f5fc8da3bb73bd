"""What is no refund, in a browser: a card on file is charged, a subscription changed."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.demo import Demo, load_demo
from tests.conftest import Running
from tests.services.ground import Ground

SETTLED = '[data-result][data-state="succeeded"]'
# The undo window of the demo and the call at the gateway.
SOON_MS = 90_000


@pytest.fixture(scope="module")
def demo(ground: Ground, live_web: Running, worker: Running, sandbox: Running) -> Demo:
    """The demo, loaded through the real adapters."""
    return load_demo(ground)


@pytest.fixture
def page(demo: Demo, browser: Browser) -> Iterator[Page]:
    """An agent's page."""
    page = demo.sign_in(browser)
    yield page
    page.context.close()


def test_a_card_on_file_is_charged(demo: Demo, page: Page) -> None:
    """R1, R4, S9: nothing preset, the deed on the button, the new payment on the card."""
    panel = demo.open_ticket(page, "1041")
    _menu(panel, "charge")
    submit = panel.locator("#submit")
    expect(submit).to_be_disabled()
    panel.locator("#field-amount").fill("12.34")
    panel.locator("#field-description").fill("A replacement part")
    expect(submit).to_have_text(re.compile(r"Charge EUR.12\.34"))
    expect(submit).to_be_enabled()
    submit.click()
    expect(panel.locator(SETTLED)).to_contain_text(
        re.compile(r"EUR.12\.34 charged"), timeout=SOON_MS
    )
    newest = panel.locator("section details.charge").first
    expect(newest).to_contain_text(re.compile(r"12\.34"))


def test_a_payment_request_is_a_link_to_copy(demo: Demo, page: Page) -> None:
    """S9: the link with its Copy button, and a reply that holds it."""
    panel = demo.open_ticket(page, "1041")
    _menu(panel, "request_payment")
    panel.locator("#field-amount").fill("20.00")
    panel.locator("#field-description").fill("Extra support")
    panel.locator("#submit").click()
    settled = panel.locator(SETTLED)
    expect(settled).to_contain_text("is ready", timeout=SOON_MS)
    link = settled.locator(".link input").input_value()
    assert link.startswith("http")
    expect(settled.locator(".offer textarea").last).to_have_value(re.compile(re.escape(link)))
    _is_narrow(panel)


def test_the_page_for_a_new_card_is_a_link_to_copy(demo: Demo, page: Page) -> None:
    """S9: nothing to fill in but the note, and it says that nothing is charged."""
    panel = demo.open_ticket(page, "1041")
    _menu(panel, "request_card_update")
    expect(panel.locator("#outcome")).to_contain_text("Nothing is charged")
    panel.locator("#submit").click()
    settled = panel.locator(SETTLED)
    expect(settled.locator(".link input")).to_have_value(re.compile("^http"), timeout=SOON_MS)
    _is_narrow(panel)


def test_a_subscription_changes_at_the_previewed_price(demo: Demo, page: Page) -> None:
    """R1, M1: the gateway's own figures stand in the dialog before anything is ordered."""
    panel = _with_subscription(demo, page)
    price = panel.locator("#field-price")
    expect(panel.locator("#submit")).to_be_disabled()
    current = price.input_value()
    others = [each.get_attribute("value") for each in price.locator("option").all()]
    price.select_option(next(each for each in others if each and each != current))
    panel.locator("#field-prorate").select_option("now")
    expect(panel.locator("#outcome dl dd").first).to_be_visible()
    expect(panel.locator("#submit")).to_be_enabled()
    expect(panel.locator("#submit")).to_have_text(re.compile("Change"))
    assert panel.locator('#outcome input[name="proration_at"]').count() == 1
    panel.locator("#submit").click()
    expect(panel.locator(SETTLED)).to_contain_text("Subscription changed", timeout=SOON_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_menus_and_dialogs(demo: Demo, browser: Browser, scheme: str) -> None:
    """X1, X6: the open menu and each family's dialog, in both palettes, at 320 px."""
    page = demo.sign_in(browser, scheme=scheme)
    panel = demo.open_ticket(page, "1041")
    page.evaluate("document.querySelector('iframe').style.cssText = 'width:320px;height:640px'")
    panel.locator("#menu > summary").click()
    _no_violations(panel)
    panel.locator("#menu > summary").click()
    for deed in ("charge", "create_subscription", "update_tax_details"):
        _menu(panel, deed)
        panel.locator("#submit").wait_for()
        _no_violations(panel)
        _is_narrow(panel)
        page.keyboard.press("Escape")
        panel.locator("#menu > summary").click()
    page.context.close()


def _menu(panel: Frame, deed: str) -> None:
    panel.locator("#menu > summary").click()
    panel.locator(f'#menu button[data-deed="{deed}"]').first.click()


def _with_subscription(demo: Demo, page: Page) -> Frame:
    """The panel of the first ticket whose customer has a subscription to change, dialog open."""
    for ticket in range(1041, 1061):
        panel = demo.open_ticket(page, str(ticket))
        deeds = panel.locator('button[data-deed="change_subscription"]')
        if deeds.count():
            panel.locator("details[id^=subscription]").first.locator("summary").click()
            deeds.first.click()
            panel.locator("#field-price").wait_for()
            return panel
    pytest.fail("no ticket with a running subscription")


def _no_violations(frame: Frame) -> None:
    found = Axe().run(frame)
    assert found.violations_count == 0, found.generate_report()


def _is_narrow(panel: Frame) -> None:
    sizes = panel.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert sizes[0] <= sizes[1], sizes
