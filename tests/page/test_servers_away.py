"""Gateway, Redis, database and broker go away while people work: the page says so and recovers, and
what was asked for meanwhile, and asked for again, is done once.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.page.conftest import PASSWORDS, TRADER, VIEWER
from tests.page.office import Office
from tests.page.visitor import Visitor

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

Visit = Callable[[str], Visitor]
LIVE = "Live"


def moves(one: Visitor) -> None:
    """The page is live, and the market moves on it."""
    expect(one.page.get_by_role("status").first).to_have_text(LIVE)
    first = one.page.locator(".tape tbody tr").first
    expect(first).to_be_visible()
    seen = first.inner_text()
    expect(first).not_to_have_text(seen)


def buy(one: Visitor, quantity: str) -> None:
    """Fill in the form, and send it."""
    one.page.get_by_label("Buy").check()
    one.page.get_by_label("Quantity").fill(quantity)
    again(one)


def again(one: Visitor) -> None:
    """Press the button."""
    one.page.get_by_role("button", name="Place an order").click()


def once(one: Visitor, office: Office, quantity: str) -> None:
    """Ask again until it is taken: one command is on the topic, however often it was sent."""
    placed = one.page.get_by_text("is on its way through the risk gate")
    fault = one.page.locator("form").get_by_role("alert")
    for _ in range(20):
        expect(placed.or_(fault).first).to_be_visible()
        if placed.is_visible():
            break
        again(one)
        expect(one.page.get_by_role("button", name="Place an order")).to_be_enabled()
    expect(placed).to_be_visible()
    assert office.commands(f'"quantity":"{quantity}"') == 1


def test_a_gateway_that_is_killed_over_an_order(office: Office, visit: Visit) -> None:
    tom = visit(TRADER)
    moves(tom)
    os.kill(office.gateway.pid, signal.SIGSTOP)
    buy(tom, "0.0021")
    expect(tom.page.get_by_role("button", name="Place an order")).to_be_disabled()
    office.gateway.kill()
    expect(tom.page.get_by_text("The gateway does not answer").first).to_be_visible()
    office.restart()
    once(tom, office, "0.0021")
    moves(tom)


def test_a_redis_that_is_killed(office: Office, visit: Visit) -> None:
    tom = visit(TRADER)
    moves(tom)
    office.redis.kill()
    buy(tom, "0.0022")
    expect(tom.page.locator("form").get_by_role("alert")).to_be_visible()
    office.redis.start()
    once(tom, office, "0.0022")
    moves(tom)


def test_a_database_that_is_away(office: Office, visit: Visit, browser: Browser) -> None:
    tom, vera = visit(TRADER), Visitor(browser, office.address)
    moves(tom)
    with office.database_away():
        vera.knock(VIEWER, PASSWORDS[VIEWER])
        expect(vera.page.get_by_role("alert")).to_be_visible()
        buy(tom, "0.0023")  # an order needs no database
        once(tom, office, "0.0023")
    vera.page.get_by_role("button", name="Sign in").click()
    vera.entered()
    moves(tom)
    vera.close()


def test_a_broker_that_is_killed(office: Office, visit: Visit) -> None:
    tom = visit(TRADER)
    moves(tom)
    office.kafka.kill()
    expect(tom.page.get_by_text("Kafka does not answer")).to_be_visible()
    buy(tom, "0.0024")
    expect(tom.page.locator("form").get_by_role("alert")).to_be_visible()
    office.kafka.start()
    expect(tom.page.get_by_text("Kafka does not answer")).to_be_hidden()
    once(tom, office, "0.0024")
    moves(tom)
