"""What people do on the page, in a real browser, on a real desk that plays a recording."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from gateway.page.build import WEB
from tests.page.conftest import ADMIN, TRADER, VIEWER
from tests.page.visitor import Visitor

pytestmark = [pytest.mark.broker, pytest.mark.timeout(1800)]

VIEWS = ("Desk", "Orders", "Decisions", "Risk", "Backtests", "System", "Admin")
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "tablet": {"width": 820, "height": 1180},
    "wide": {"width": 1600, "height": 1000},
}
Visit = Callable[[str], Visitor]
LEFT = """
document.querySelector("button[aria-label='Light or dark']").click();
document.querySelector("nav a[href$='orders']").click();
"""
JOB = 600_000
"""ms: a backtest has the processor after the desk, and after whatever else a machine has to do."""


def test_the_market_moves_in_tape_depth_and_candles(visit: Visit) -> None:
    tom = visit(TRADER)
    for rows in (tom.page.locator(".tape tbody tr"), tom.page.locator(".ladder tr.bid")):
        expect(rows.first).to_be_visible()
        seen = rows.first.inner_text()
        expect(rows.first).not_to_have_text(seen)
    expect(tom.page.locator(".ladder tr.bid")).to_have_count(12)
    expect(tom.page.get_by_role("img", name="Candles of")).to_be_visible()
    height = "document.querySelector('.market').offsetHeight"
    assert tom.page.evaluate(height) < 1000  # it does not grow by itself


def test_what_was_won_is_drawn_from_the_store(visit: Visit) -> None:
    tom = visit(TRADER)
    expect(tom.page.get_by_test_id("curve").locator("canvas").first).to_be_visible()
    expect(tom.page.get_by_test_id("earned")).to_have_text(re.compile("[0-9]"))


def test_an_order_is_explained_back_to_its_raw_frames(visit: Visit) -> None:
    tom = visit(TRADER)
    tom.open("Orders")
    entry = tom.orders("filled").last  # an exit has passed no checks: nothing holds it back
    entry.get_by_role("button", name="Why?").click()
    drawer = tom.page.get_by_role("dialog", name="Why this order")
    expect(drawer.get_by_text("Computed again: the same bytes")).to_be_visible()
    for step in ("The order", "Checks of the risk gate", "The decision", "The raw frames"):
        expect(drawer.get_by_role("heading", name=step)).to_be_visible()
    tom.page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_an_order_is_placed_and_cancelled(visit: Visit) -> None:
    tom = visit(TRADER)
    tom.page.get_by_label("Buy").check()
    tom.page.get_by_label("Type").select_option("limit")
    tom.page.get_by_label("Quantity").fill("0.002")
    price = tom.page.locator(".ladder tr.bid td").first.inner_text().replace(",", "")
    tom.page.get_by_label("Price").fill(str(int(float(price) * 0.95)))
    tom.page.get_by_role("button", name="Place an order").click()
    expect(tom.page.get_by_text("is on its way through the risk gate")).to_be_visible()
    tom.open("Orders")
    mine = tom.page.locator("tr[data-order]", has_text="person")
    expect(mine.first.locator(".badge")).to_have_text("open")
    mine.first.get_by_role("button", name="Cancel").click()
    expect(mine.first.locator(".badge")).to_have_text("cancelled")


def test_a_halt_stops_orders_and_is_lifted_by_the_risk_officer(visit: Visit) -> None:
    tom = visit(TRADER)
    tom.open("Risk")
    steer(tom, "Halt")
    state = tom.page.get_by_test_id("halt-state")
    expect(state).to_contain_text("Halted: a test")
    tom.open("Desk")
    tom.page.get_by_label("Sell").check()
    tom.page.get_by_label("Quantity").fill("0.002")
    tom.page.get_by_role("button", name="Place an order").click()
    tom.open("Orders")
    refused = tom.page.locator("tr[data-order]", has_text="person").first
    expect(refused.locator(".badge")).to_have_text("refused")
    tom.open("Risk")
    steer(tom, "Lift the halt")
    expect(state).to_contain_text("Entries are allowed")


def test_a_trader_stops_a_strategy_and_the_desk_says_so(visit: Visit) -> None:
    tom = visit(TRADER)
    tom.open("Decisions")
    row = tom.page.locator("tr[data-strategy=main]")
    for word, state in (("Stop", "Stopped"), ("Start", "On")):
        row.get_by_role("button", name=f"{word} main").click()
        dialog = tom.page.get_by_role("dialog", name=f"{word} main")
        dialog.get_by_label("Type main to confirm").fill("main")
        dialog.get_by_role("button", name=f"{word} main").click()
        expect(tom.page.get_by_test_id("answer")).to_have_text("The desk has taken the command.")
        expect(row.locator(".badge")).to_have_text(state)


def steer(tom: Visitor, word: str) -> None:
    """Press a button of the risk view and confirm."""
    tom.page.get_by_role("button", name=word, exact=True).click()
    dialog = tom.page.get_by_role("dialog", name=word)
    dialog.get_by_label("Why").fill("a test")
    dialog.get_by_label("Type paper to confirm").fill("paper")
    dialog.get_by_role("button", name=word).click()


def test_a_viewer_can_do_nothing_and_is_refused_by_the_gateway_too(visit: Visit) -> None:
    vera = visit(VIEWER)
    expect(vera.page.locator(".tape tbody tr").first).to_be_visible()
    assert vera.page.get_by_role("button", name="Place an order").count() == 0
    vera.open("Decisions")
    expect(vera.page.locator("tr[data-strategy=main]")).to_be_visible()
    assert vera.page.get_by_role("button", name="Stop main").count() == 0
    vera.open("Risk")
    assert vera.page.get_by_role("button", name="Halt").count() == 0
    status = vera.page.evaluate(
        """async () => {
            const csrf = /tapeline-csrf=([^;]*)/.exec(document.cookie)[1];
            const headers = {"content-type": "application/json", "x-tapeline-csrf": csrf,
                             "idempotency-key": crypto.randomUUID()};
            const body = JSON.stringify({account: "paper", why: "me"});
            return (await fetch("/v1/commands/halt", {method: "POST", headers, body})).status;
        }"""
    )
    assert status == 403


def test_two_backtests_are_run_and_compared_and_their_report_has_plots(visit: Visit) -> None:
    tom = visit(TRADER)
    tom.open("Backtests")
    recording = tom.page.get_by_role("option", name=re.compile("usdm.*btc"))
    tom.page.get_by_role("listbox").select_option(recording.inner_text())
    for _ in range(2):
        tom.page.get_by_role("button", name="Start a backtest").click()
    chosen = tom.page.get_by_role("checkbox")
    expect(chosen).to_have_count(2)
    for each in range(2):
        expect(chosen.nth(each)).to_be_enabled(timeout=JOB)
        chosen.nth(each).check()
    beside = tom.page.get_by_role("region", name="Compare two")
    expect(beside.get_by_role("row").nth(3)).to_be_visible()
    with tom.context.expect_page() as opened:
        tom.page.get_by_role("link", name="Report").first.click()
    expect(opened.value.locator("svg").first).to_be_visible()


def test_the_page_is_used_by_keys_alone(visit: Visit) -> None:
    tom = visit(TRADER)
    tom.page.goto("/orders")
    expect(tom.orders("filled").first).to_be_visible()
    tom.page.keyboard.press("Tab")
    expect(tom.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    tom.page.keyboard.press("Enter")
    expect(tom.page.get_by_role("main")).to_be_focused()
    tab = tom.page.get_by_role("button", name="Refused")
    tab.focus()
    tom.page.keyboard.press("Space")
    expect(tab).to_have_attribute("aria-pressed", "true")
    expect(tom.orders("refused").first).to_be_visible()
    expect(tom.orders("filled")).to_have_count(0)


def overflows(one: Visitor) -> bool:
    """Whether the page is wider than the screen."""
    return bool(one.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def grave(one: Visitor) -> list[str]:
    """What axe finds on the view that is serious."""
    found = one.page.evaluate("axe.run().then((told) => told.violations)")
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


def test_a_view_with_a_chart_is_left_while_the_theme_changes(visit: Visit) -> None:
    """In one frame: the chart is gone when its colours would be changed."""
    one = visit(TRADER)
    for view in ("Orders", "Desk"):
        one.open(view)
    expect(one.page.locator(".candles canvas").first).to_be_visible()
    one.page.evaluate(LEFT)
    expect(one.page.get_by_role("heading", level=1, name="Orders")).to_be_attached()
    one.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    one.open("Desk")


@pytest.mark.parametrize(("name", "theme"), [(TRADER, "light"), (ADMIN, "dark")])
def test_every_view_is_accessible_at_every_size(
    visit: Visit, artefacts: Path, name: str, theme: str
) -> None:
    axe = (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text()
    one = visit(name)
    if theme == "dark":
        one.page.get_by_role("button", name="Light or dark").click()
    expect(one.page.locator("html")).to_have_attribute("data-theme", theme)
    one.page.evaluate(axe)
    menu = one.page.get_by_role("navigation", name="Views").get_by_role("link").all_inner_texts()
    for view in (each for each in VIEWS if each in menu):
        one.open(view)
        for size, measures in SIZES.items():
            one.page.set_viewport_size(measures)
            one.page.screenshot(path=artefacts / f"{name}-{view.lower()}-{size}.png")
            assert not overflows(one), (view, size)
        assert grave(one) == [], view
        one.page.set_viewport_size(SIZES["phone"])
        one.page.get_by_role("button", name="中文").click()
        one.page.screenshot(path=artefacts / f"{name}-{view.lower()}-chinese.png")
        assert not overflows(one), (view, "chinese")
        one.page.get_by_role("button", name="EN", exact=True).click()
