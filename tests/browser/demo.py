"""The demo in a real browser: signed in, a ticket open, the panel in its frame."""

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Frame, Page, ViewportSize

from tests.services.ground import Ground
from tests.services.sweeps import swept

PANEL_READY = "#card[aria-busy]"


@dataclass(frozen=True)
class Demo:
    """The loaded demo, as demo.json describes it."""

    plain: dict[str, Any]

    @property
    def aurora(self) -> dict[str, Any]:
        """The first tenant."""
        tenant: dict[str, Any] = self.plain["tenants"][0]
        return tenant

    def sign_in(
        self, browser: Browser, role: str = "agent", *, width: int = 1280, scheme: str = "light"
    ) -> Page:
        """A page of its own, signed in with the printed password."""
        size: ViewportSize = {"width": width, "height": 900}
        context: BrowserContext = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        user = self.aurora["users"][role]
        page.goto(self.plain["inbox_url"])
        page.fill("input[name=login]", user["email"])
        page.fill("input[name=password]", user["password"])
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/demo/inbox/")
        return page

    def open_ticket(self, page: Page, ticket: str) -> Frame:
        """Open a ticket and return its panel, drawn."""
        page.goto(f"{self.plain['inbox_url']}{ticket}/")
        page.frame_locator("iframe[name=chargedesk]").locator("#who").wait_for()
        panel = page.frame(name="chargedesk")
        assert panel
        return panel


def load_demo(ground: Ground) -> Demo:
    """Load it as `make run` does, and read what it published."""
    with swept():
        ground.manage("load_demo")
    return Demo(json.loads((ground.data_dir / "demo.json").read_text()))
