"""The main job in a browser: an agent opens a ticket, refunds once, the ticket gets its note."""

import re
from collections.abc import Iterator

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.demo import Demo, load_demo
from tests.conftest import Running
from tests.services.ground import Ground

WIDTHS = (258, 280, 320, 400)
SETTLED = '[data-result][data-state="succeeded"]'


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


def _refunds(demo: Demo) -> int:
    url = f"{demo.plain['sandbox_url']}/_control/journal"
    entries = requests.get(url, params={"effect": "refund.created"}, timeout=30).json()["entries"]
    return sum(entry["effect"] == "refund.created" for entry in entries)


def test_refund_from_ticket_to_note(demo: Demo, page: Page, browser: Browser) -> None:
    """S9, R1 to R5: preview, reason, undo window, settled result, note, reply, a second agent."""
    before = _refunds(demo)
    panel = demo.open_ticket(page, "1041")
    panel.locator("details.charge summary").first.click()
    panel.locator('button[data-deed="refund"]').first.click()
    panel.locator("#field-amount").fill("12.00")
    expect(panel.locator("#submit")).to_have_text(re.compile(r"Refund EUR.12\.00"))
    panel.locator("#submit").click()
    expect(panel.locator("#dialog .summary")).to_contain_text("Choose a reason")
    expect(panel.locator("#dialog .summary")).to_be_focused()
    assert panel.locator("[data-result]").count() == 0
    panel.locator("#field-reason").select_option("duplicate")
    panel.locator("#submit").click()
    expect(panel.locator('[data-result][data-state="ready"]')).to_contain_text("Undo")
    expect(panel.locator(SETTLED)).to_contain_text("refunded", timeout=90_000)
    assert _refunds(demo) == before + 1

    assert page.locator("[data-note]").count() == 0
    panel.get_by_role("button", name="Add to the ticket").click()
    expect(page.locator("[data-note]")).to_contain_text("12.00")
    panel.locator(".offer summary", has_text="Reply to the customer").click()
    panel.get_by_role("button", name="Insert into reply").click()
    expect(page.locator("#reply")).to_have_value(re.compile("12,00"))

    colleague = demo.sign_in(browser, "finance")
    other = demo.open_ticket(colleague, "1041")
    expect(other.locator("#card")).to_contain_text(re.compile(r"\u221212\.00 refunded"))
    colleague.context.close()


def test_refund_with_the_keyboard_alone(demo: Demo, page: Page) -> None:
    """X1, X2: open, choose, give a reason, confirm, undo; Enter in a field moves nothing."""
    panel = demo.open_ticket(page, "1050")
    summary = panel.locator("details.charge summary").first
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(panel.locator('button[data-deed="refund"]').first).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.locator("#dialog-title")).to_be_focused()
    panel.locator("#field-amount").focus()
    page.keyboard.press("Enter")
    assert panel.locator("[data-result]").count() == 0
    panel.locator("#field-reason").focus()
    page.keyboard.press("ArrowDown")
    while panel.evaluate("document.activeElement.id") != "submit":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel.locator("[data-result]")).to_be_focused()
    undo, left = panel.get_by_role("button", name="Undo"), panel.locator(".undo span")
    undo.focus()
    # Drawn again every second, with the seconds that are left.
    before = left.inner_text()
    expect(left).not_to_have_text(before)
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.locator('[data-result][data-state="canceled"]')).to_be_visible()


def test_the_button_never_names_another_amount_than_the_field(demo: Demo, page: Page) -> None:
    """R4: it waits while one is typed, also if that is before the dialog has come to rest."""
    panel = demo.open_ticket(page, "1050")
    panel.evaluate(
        """() => new MutationObserver((changes, watcher) => {
            const field = document.getElementById("field-amount");
            if (!field) return;
            watcher.disconnect();
            field.value = "2000";
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }).observe(document.getElementById("dialog-body"), { childList: true, subtree: true })"""
    )
    yen = panel.locator("details.charge", has_text="JPY").first
    yen.locator("summary").click()
    yen.locator('button[data-deed="refund"]').click()
    button = panel.locator("#submit")
    expect(button).to_have_text(re.compile(r"Refund JPY.2,000"))
    expect(button).to_be_enabled()

    field = panel.locator("#field-amount")
    field.fill("3000")
    assert button.is_disabled()
    field.fill("2000")
    expect(button).to_be_enabled()
    expect(button).to_have_text(re.compile(r"Refund JPY.2,000"))

    asked = []
    page.on("request", lambda request: asked.append(request.url))
    field.fill("99999999")
    expect(panel.locator("#outcome")).to_contain_text("At most")
    assert button.is_disabled()
    page.wait_for_timeout(800)
    assert len([url for url in asked if url.endswith("/outcome")]) == 1, asked


def test_escape_closes_and_focus_returns(demo: Demo, page: Page) -> None:
    """R4, X2: Esc cancels, and the opener has the focus again."""
    panel = demo.open_ticket(page, "1043")
    panel.locator("details.charge summary").first.click()
    opener = panel.locator('button[data-deed="refund"]').first
    opener.click()
    expect(panel.locator("#submit")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel.locator("#dialog")).not_to_be_visible()
    expect(opener).to_be_focused()


def test_lost_answer_is_told_as_lost_and_never_sent_twice(demo: Demo, page: Page) -> None:
    """R5, R6: the network dies after the order; pressing again meets the same order."""
    panel = demo.open_ticket(page, "1044")
    panel.locator("details.charge summary").first.click()
    panel.locator('button[data-deed="refund"]').first.click()
    panel.locator("#field-amount").fill("1.00")
    panel.locator("#field-reason").select_option("goodwill")
    expect(panel.locator("#submit")).to_have_text(re.compile(r"1\.00"))
    operation = panel.locator('input[name="operation"]').input_value()
    lost = []

    def lose_the_answer(route: object) -> None:
        lost.append(route.fetch().status)  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/api/sidebar/orders", lose_the_answer)
    panel.locator("#submit").click()
    expect(panel.locator("[data-trouble]")).to_contain_text("never carried out twice")
    page.unroute("**/api/sidebar/orders")
    assert panel.locator('input[name="operation"]').input_value() == operation
    panel.locator("#submit").click()
    expect(panel.locator("[data-result]")).to_have_count(1)
    assert lost == [200]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_horizontal_scroll_and_targets_are_large_enough(
    demo: Demo, page: Page, width: int
) -> None:
    """S1, X1: at every width, card and dialog, text of 13 px or more, targets of 24 px or more."""
    panel = demo.open_ticket(page, "1044")
    page.evaluate(
        "w => document.querySelector('iframe').style.cssText = `width:${w}px;height:600px`", width
    )
    _is_roomy(panel, width)
    panel.locator("details.charge summary").first.click()
    panel.locator('button[data-deed="refund"]').first.click()
    panel.locator("#submit").wait_for()
    _is_roomy(panel, width)


MEASURE = """() => {
    const shown = (names) => [...document.querySelectorAll(names)]
        .filter(e => e.checkVisibility() && e.getClientRects().length);
    const isTight = (e) => {
        const r = e.getBoundingClientRect();
        return r.width < 24 || r.height < 24;
    };
    const isInText = (e) => e.closest("p, dd") && !e.matches("button");
    // Boxes and buttons to choose by are small; what is pressed is their whole line.
    const lines = "label:has([type=checkbox], [type=radio])";
    const typed = "input:not([type=checkbox], [type=radio])";
    const small = shown(`button, a, summary, select, textarea, ${typed}, ${lines}`)
        .filter(e => isTight(e) && !isInText(e));
    const texts = shown("p, span, td, th, dt, dd, h2, label, button")
        .filter(e => e.textContent.trim())
        .map(e => parseFloat(getComputedStyle(e).fontSize));
    return {
        scroll: document.documentElement.scrollWidth,
        small: small.map(e => e.outerHTML.slice(0, 120)),
        text: Math.min(...texts),
    };
}"""


def _is_roomy(panel: Frame, width: int) -> None:
    measured = panel.evaluate(MEASURE)
    assert measured["scroll"] <= width, measured
    assert measured["small"] == []
    assert measured["text"] >= 13


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(demo: Demo, browser: Browser, scheme: str) -> None:
    """X1, X6: card, opened charge, dialog and inbox, in both palettes."""
    page = demo.sign_in(browser, scheme=scheme)
    panel = demo.open_ticket(page, "1045")
    panel.locator("details.charge summary").first.click()
    panel.locator(".more dl").first.wait_for()
    _no_violations(page)
    _no_violations(panel)
    panel = demo.open_ticket(page, "1043")
    panel.locator("details.charge summary").first.click()
    panel.locator('button[data-deed="refund"]').first.click()
    panel.locator("#submit").wait_for()
    _no_violations(panel)
    page.context.close()


def _no_violations(page: Page | Frame) -> None:
    # The script asks a page for nothing that a frame cannot do.
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_panel_stays_within_its_budget(demo: Demo, page: Page) -> None:
    """X13: everything the frame loads, compressed, is at most 60 kB; and it sets no cookie."""
    sizes: dict[str, int] = {}

    def note(response: object) -> None:
        url = response.url  # type: ignore[attr-defined]
        if "/static/" in url or "/api/sidebar" in url or "/embed/" in url:
            sizes[url] = len(_compressed(response.body()))  # type: ignore[attr-defined]
            assert "set-cookie" not in response.headers  # type: ignore[attr-defined]

    page.on("response", note)
    demo.open_ticket(page, "1041")
    page.wait_for_load_state("networkidle")
    panel_only = {url: size for url, size in sizes.items() if "/demo/" not in url}
    assert 0 < sum(panel_only.values()) <= 60_000, panel_only


def _compressed(body: bytes) -> bytes:
    import gzip  # noqa: PLC0415  used here only

    return gzip.compress(body)
