"""One person in front of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

PATIENCE = 90_000
"""Milliseconds that a busy machine may take to show something."""

expect.set_options(timeout=PATIENCE)


class Visitor:
    """A browser context of their own, and what the console has complained of."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context: BrowserContext = browser.new_context(
            base_url=address, viewport={"width": 1440, "height": 900}
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    @classmethod
    def signed_in(cls, browser: Browser, address: str, name: str, password: str) -> Visitor:
        """Through the form, as people do."""
        one = cls(browser, address)
        one.knock(name, password)
        one.entered()
        return one

    def knock(self, name: str, password: str) -> None:
        """Send the form of signing in."""
        self.page.goto("/sign-in")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def entered(self) -> None:
        """They are in."""
        expect(self.page.get_by_role("navigation").first).to_be_visible()

    def open(self, view: str) -> None:
        """Go to a view by the menu."""
        self.page.get_by_role("navigation", name="Views").get_by_role(
            "link", name=view, exact=True
        ).click()
        expect(self.page.get_by_role("heading", level=1, name=view)).to_be_attached()

    def orders(self, state: str) -> Locator:
        """Rows of orders in that state."""
        rows = self.page.locator("tr[data-order]")
        return rows.filter(has=self.page.locator(".badge", has_text=state))

    def close(self) -> None:
        """Close their browser; nothing may have broken on the page meanwhile."""
        self.context.close()
        assert self.errors == [], self.errors


@contextmanager
def joined(browser: Browser, link: str, password: str, name: str = "") -> Iterator[Visitor]:
    """Somebody who uses a one-time link."""
    one = Visitor(browser, link.partition("/#")[0])
    one.page.goto(link)
    if name:
        one.page.get_by_label("Name").fill(name)
    one.page.get_by_label("New password").fill(password)
    one.page.get_by_role("button", name="Create").click()
    one.entered()
    yield one
    one.close()


def invited(admin: Visitor, roles: Sequence[str]) -> str:
    """A link that an admin makes."""
    admin.page.reload()
    admin.open("Admin")
    invitation = admin.page.locator("form", has=admin.page.get_by_role("button", name="Invite"))
    for role in ("viewer", "trader", "risk", "admin"):
        invitation.get_by_label(role, exact=True).set_checked(role in roles)
    invitation.get_by_role("button", name="Invite").click()
    return admin.page.locator(".notice", has_text="One-time link").locator(".mono").inner_text()
