"""S7 in a browser: somebody known at two gateways as two people is made one, and two again."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, expect

from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.ledger.matching import separate_gateway_customer, unmerge
from chargedesk.ledger.models import CustomerMerge, GatewayCustomer
from chargedesk.tenants.models import Tenant
from tests.browser.demo import Demo, load_demo
from tests.conftest import Running
from tests.services.ground import Ground

TICKET, EMAIL = "1044", "emma.johnson@example.net"
WIDTHS = (258, 320, 480)


@pytest.fixture(scope="module")
def demo(ground: Ground, live_web: Running, worker: Running, sandbox: Running) -> Demo:
    """The demo, loaded through the real adapters."""
    return load_demo(ground)


@pytest.fixture
def apart(committed_db: None, demo: Demo) -> Iterator[None]:
    """Emma's record at one gateway is a person of its own."""
    tenant = Tenant.objects.get(slug=demo.aurora["slug"])
    with scoping.tenant(tenant.id):
        record = GatewayCustomer.objects.filter(email=EMAIL).order_by("connection__label").last()
        assert record
        separate_gateway_customer(record.id, actor=SYSTEM)
    yield
    with scoping.tenant(tenant.id):
        for merge in CustomerMerge.objects.filter(undone_at=None):
            unmerge(merge.id, actor=SYSTEM)
        separate_gateway_customer(record.id, to=record.home_id, actor=SYSTEM)


@pytest.fixture(params=["light", "dark"])
def page(
    demo: Demo, apart: None, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """An agent's page."""
    page = demo.sign_in(browser, scheme=request.param)
    yield page
    page.context.close()


def test_two_are_joined_and_parted_again(demo: Demo, page: Page) -> None:
    """S7: the question, both in the dialog, by whom it was, and back."""
    panel = _asked(demo, page)
    _look(page, panel)

    panel.get_by_role("button", name="Join them").click()
    expect(panel.locator("#dialog .people li")).to_have_count(2)
    _look(page, panel)
    panel.locator("#field-reason").fill("She says so in this ticket")
    panel.locator("#submit").click()
    expect(panel.locator("[data-result]")).to_contain_text("Joined as one person")
    expect(panel.locator("#card")).not_to_contain_text("Same person?")
    panel.locator("#joined summary").click()
    expect(panel.locator("#joined")).to_contain_text(re.compile("By .+, "))
    _look(page, panel)

    panel.get_by_role("button", name="Undo joining").click()
    expect(panel.locator("#dialog .facts")).to_contain_text("She says so in this ticket")
    _look(page, panel)
    panel.locator("#submit").click()
    expect(panel.locator("[data-result]")).to_contain_text("Joining undone")
    expect(panel.locator("#card")).to_contain_text("Same person?")


def test_by_keyboard_the_focus_goes_there_and_back(demo: Demo, page: Page) -> None:
    """X1, X2: Enter in the field joins nobody."""
    panel = _asked(demo, page)
    opener = panel.get_by_role("button", name="Join them")
    opener.focus()
    page.keyboard.press("Enter")
    expect(panel.locator("#dialog-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

    page.keyboard.press("Enter")
    panel.locator("#field-reason").focus()
    page.keyboard.press("Enter")
    assert panel.locator("[data-result]").count() == 0
    page.keyboard.press("Tab")
    expect(panel.locator("#submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.locator("[data-result]")).to_be_focused()


def test_the_next_dialog_outlives_the_closing_of_the_one_before(demo: Demo, page: Page) -> None:
    """X2: a browser tells of a closed dialog later than it closes it."""
    panel = _asked(demo, page)
    opener = panel.locator("#card").get_by_role("button", name="Join them")
    opener.click()
    expect(panel.locator("#field-reason")).to_be_visible()
    opener.evaluate("each => { document.getElementById('dialog').close(); each.click(); }")
    expect(panel.locator("#field-reason")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_frame_lower_than_the_dialog_is_scrolled(demo: Demo, page: Page) -> None:
    """S1: whatever height the helpdesk gives the panel, the button can be reached."""
    panel = _asked(demo, page)
    page.locator("iframe[name=chargedesk]").evaluate("each => each.style.height = '300px'")
    panel.get_by_role("button", name="Join them").click()
    panel.get_by_role("button", name="Back").click()
    expect(panel.locator("#dialog")).not_to_be_visible()


def _asked(demo: Demo, page: Page) -> Frame:
    """The panel of the ticket, with one of its two people chosen."""
    panel = demo.open_ticket(page, TICKET)
    panel.locator(".people button.row").first.click()
    expect(panel.locator(".alike")).to_contain_text("Same person?")
    return panel


def _look(page: Page, panel: Frame) -> None:
    """Nothing for axe to find, and nothing wider than the panel."""
    frame = page.locator("iframe[name=chargedesk]")
    for width in WIDTHS:
        frame.evaluate("(each, width) => each.style.width = `${width}px`", width)
        assert panel.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    found = Axe().run(panel)
    assert found.violations_count == 0, found.generate_report()
