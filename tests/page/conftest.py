"""A real desk that plays a recording, the gateway beside it, and a real browser."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from gateway.door import LOG, address_of, first_link
from gateway.page.build import build
from infra.local.process import Child
from tests.page.visitor import Visitor, invited, joined
from tests.pipeline.run import USDM, Run

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ADMIN, TRADER, VIEWER = "admin", "tom", "vera"
PASSWORDS = {name: f"one long phrase, {n}" for n, name in enumerate((ADMIN, TRADER, VIEWER))}

OWN = {"TAPELINE_STRATEGIES": '{"main": {"markets": ["ETH/*"]}}'}
"""The strategy leaves BTC to people: where it holds a position, that has all the symbol's room."""


class Office:
    """A desk and its gateway, with three people who may sign in."""

    def __init__(self, run: Run) -> None:
        self.run = run
        home = run.settings.home
        command = (sys.executable, "-m", "gateway.cli", "gateway", "--port", "0")
        self.gateway = Child(command, home / LOG, env=run.env(**OWN))
        self.gateway.start()
        self.address = self._wait(lambda: address_of(home))
        self.link = self._wait(lambda: first_link(home))

    def _wait(self, ask: Callable[[], str]) -> str:
        until = time.monotonic() + 90
        while not (told := ask()):
            assert self.gateway.poll() is None, self.gateway.tail()
            assert time.monotonic() < until, self.gateway.tail()
            self.run.turn()
        return told

    def restart(self) -> None:
        """Kill -9 the gateway and start it again at the same address."""
        self.gateway.kill()
        port = self.address.rpartition(":")[2]
        command = (sys.executable, "-m", "gateway.cli", "gateway", "--port", port)
        self.gateway = Child(command, self.run.settings.home / LOG, env=self.run.env(**OWN))
        self.gateway.start()
        self._wait(lambda: address_of(self.run.settings.home))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the machine; without one the tests say so and are skipped."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        made = playwright.chromium.launch(executable_path=found, args=flags)
        yield made
        made.close()


@pytest.fixture(scope="module")
def office(runs: Callable[[str], Run], browser: Browser) -> Iterator[Office]:
    """The desk plays until the tests are over."""
    build(lambda _: None)
    run = runs("page")
    run.start(**OWN)
    run.play(USDM, speed=0.7)
    made = Office(run)
    try:
        with joined(browser, made.link, PASSWORDS[ADMIN]) as admin:
            links = {name: invited(admin, roles) for name, roles in ROLES.items()}
        for name, link in links.items():
            with joined(browser, link, PASSWORDS[name], name):
                pass
        yield made
    finally:
        made.gateway.stop()


ROLES = {TRADER: ("trader", "risk"), VIEWER: ("viewer",)}


@pytest.fixture
def visit(office: Office, browser: Browser) -> Iterator[Callable[[str], Visitor]]:
    """Signs one of the three in, in a browser of their own."""
    opened: list[Visitor] = []

    def signed_in(name: str) -> Visitor:
        opened.append(Visitor.signed_in(browser, office.address, name, PASSWORDS[name]))
        return opened[-1]

    yield signed_in
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the views are kept: TAPELINE_ARTEFACTS, else with the tests' files."""
    named = os.environ.get("TAPELINE_ARTEFACTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("views")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
