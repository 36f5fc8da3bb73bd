"""The dashboard in a real browser: three widths, both palettes, by keyboard, under the CSP."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from chargedesk.tenants.models import User
from chargedesk.tenants.roles import Role
from tests.conftest import Running
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.dashboard.company import PASSWORD, make_company
from tests.services.sweeps import swept

WIDTHS = (320, 390, 1280)
PUBLIC = ("login", "signup", "password/reset")
PRIVATE = (
    "",
    "orders/",
    "audit/",
    "audit/?actor=nobody",
    "audit/check/",
    "settings/connections/",
    "settings/connections/new/stripe/",
    "settings/connections/new/woocommerce/",
    "settings/members/",
    "settings/limits/",
    "settings/api-keys/",
    "account/2fa/",
    "account/password/change/",
    "account/email/",
    "account/logout/",
    "companies/",
)


@pytest.fixture(params=["light", "dark"])
def page(
    request: pytest.FixtureRequest, committed_db: None, browser: Browser, live_web: Running
) -> Iterator[Page]:
    """A page in one of the palettes; whatever it complains about fails the test."""
    context = browser.new_context(color_scheme=request.param, base_url=live_web.url)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and "status of 4" not in said.text
            else None
        ),
    )
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def owner(committed_db: None) -> User:
    """The owner of a new company."""
    return make_company().members[Role.OWNER].user


def test_no_page_scrolls_sideways(page: Page, owner: User) -> None:
    for path in PUBLIC:
        page.goto(f"/app/account/{path}/")
        _fits(page)
    _sign_in(page, owner)
    for path in PRIVATE:
        page.goto(f"/app/{path}")
        _fits(page)


def test_axe_finds_nothing_on_any_page(page: Page, owner: User) -> None:
    found = {path: _violations(page, f"/app/account/{path}/") for path in PUBLIC}
    _sign_in(page, owner)
    found |= {path: _violations(page, f"/app/{path}") for path in PRIVATE}

    assert {path: each for path, each in found.items() if each} == {}


def test_every_page_names_itself_and_labels_its_fields(page: Page, owner: User) -> None:
    _sign_in(page, owner)
    for path in PRIVATE:
        page.goto(f"/app/{path}")
        assert page.locator("h1").count() == 1, path
        assert page.locator("main").count() == 1, path
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
                .filter((each) => !each.labels.length).map((each) => each.name)"""
        )
        assert nameless == [], path


def test_a_gateway_is_connected_by_keyboard_and_its_import_ends(
    page: Page, owner: User, sandbox: Running, worker: Running
) -> None:
    _sign_in(page, owner)
    page.goto("/app/settings/connections/new/stripe/")
    page.locator("#id_api_key").focus()
    page.keyboard.type("rk_test_aurora_eu_full")
    page.keyboard.press("Tab")
    page.keyboard.type("Shop EU")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Shop EU")
    shown: list[int] = []
    with swept():
        for _look in range(120):
            shown.append(page.evaluate("+document.querySelector('#progress progress')?.value || 0"))
            if page.locator("#progress").get_by_text("Done", exact=True).count():
                break
            page.wait_for_timeout(500)
    expect(page.locator("#progress")).to_contain_text("Done")
    assert shown == sorted(shown)
    page.get_by_role("button", name="Test this address").click()
    expect(page.get_by_text("Our own test came through")).to_be_visible()
    _fits(page)


def test_a_shop_is_connected_by_approval(
    page: Page, owner: User, sandbox: Running, worker: Running
) -> None:
    shop = WooCommerceHarness(sandbox.url)
    _sign_in(page, owner)
    page.goto("/app/settings/connections/new/woocommerce/")
    grant = page.get_by_role("region", name="Approve in the shop")
    grant.get_by_label("Address of the shop").fill("https://shop.example")
    grant.get_by_label("Use the gateway simulator").check()
    grant.get_by_role("button", name="Go to the shop").click()
    _fits(page)
    page.get_by_role("link", name="Open the shop").click()
    page.get_by_label("Signed in as the owner of").select_option(shop.account)
    page.get_by_role("button", name="Approve").click()

    expect(page.locator(".messages, [role=status], main").first).to_contain_text("Connected.")
    expect(page.locator("main")).to_contain_text(f"{shop.account}.example")
    expect(page.locator("main")).to_contain_text("Registered")


def test_a_refused_form_takes_the_focus_to_its_summary(page: Page, owner: User) -> None:
    _sign_in(page, owner)
    page.goto("/app/settings/api-keys/")
    page.get_by_role("button", name="Make the key").click()
    focused = page.evaluate("document.activeElement.textContent")

    assert "Please check what you entered" in focused
    page.get_by_role("link", name="Name: This field is required.").click()
    assert page.evaluate("document.activeElement.id") == "id_name"


def test_the_menu_closes_with_escape_and_gives_the_focus_back(page: Page, owner: User) -> None:
    _sign_in(page, owner)
    summary = page.locator("details[data-menu] > summary").last
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Two-step sign-in")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Two-step sign-in")).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_dialog_asks_before_a_key_is_revoked(page: Page, owner: User) -> None:
    _sign_in(page, owner)
    page.goto("/app/settings/api-keys/")
    page.get_by_label("Name").fill("Warehouse")
    page.get_by_role("button", name="Make the key").click()
    page.goto("/app/settings/api-keys/")
    opener = page.get_by_role("link", name="Revoke Warehouse")
    opener.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This cannot be undone.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.press("Enter")
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.locator("table")).to_contain_text("Revoked")


def test_the_audit_log_is_checked_in_place(page: Page, owner: User) -> None:
    _sign_in(page, owner)
    page.goto("/app/audit/")
    page.get_by_role("link", name="Check the log").click()
    expect(page.locator("#check")).to_contain_text("Intact.")
    assert page.url.endswith("/app/audit/")


def test_the_chosen_colours_stay(page: Page, owner: User) -> None:
    page.goto("/app/account/login/")
    page.get_by_role("button", name="Dark").click()
    page.goto("/app/account/signup/")

    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def _sign_in(page: Page, user: User) -> None:
    page.goto("/app/account/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/app/")


def _fits(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} needs {wide} px at {width}"


def _violations(page: Page, path: str) -> list[str]:
    page.goto(path)
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]


def test_ones_own_system_is_connected_and_its_addresses_filled_in(page: Page, owner: User) -> None:
    _sign_in(page, owner)
    page.goto("/app/settings/connections/new/custom/")
    page.locator("#id_label").fill("Own billing")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("h1")).to_have_text("Addresses of your own system")
    page.get_by_label("Refund a charge").fill("https://billing.example/refund")
    page.get_by_role("button", name="Keep the addresses").click()
    expect(page.locator("#new-secret")).to_contain_text("whsec_")
    here = page.url
    _fits(page)
    assert Axe().run(page).response["violations"] == []
    page.goto(here)
    expect(page.locator("#new-secret")).to_have_count(0)
    expect(page.get_by_role("heading", name="Try an address")).to_be_visible()
    page.get_by_role("link", name="Own billing").click()
    expect(page.locator("h1")).to_have_text("Own billing")
    _fits(page)
    assert Axe().run(page).response["violations"] == []
