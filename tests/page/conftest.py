"""One desk, one gateway and one browser of each process; three people who may sign in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from gateway.page.build import build
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from tests.page.office import Office
from tests.page.visitor import Visitor, invited, joined
from tests.unit.postgres import Postgres, postgres, programs

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ADMIN, TRADER, VIEWER = "admin", "tom", "vera"
PASSWORDS = {name: f"one long phrase, {n}" for n, name in enumerate((ADMIN, TRADER, VIEWER))}
ROLES = {TRADER: ("trader", "risk"), VIEWER: ("viewer",)}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the machine; without one the tests say so and are skipped."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium, and the page is tried in it")
    with sync_playwright() as playwright:
        flags = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        made = playwright.chromium.launch(executable_path=found, args=flags, timeout=180_000)
        yield made
        made.close()


@contextmanager
def database() -> Iterator[Postgres | None]:
    """None for SQLite; TAPELINE_PAGE_STORE=postgresql has all of it on PostgreSQL."""
    if os.environ.get("TAPELINE_PAGE_STORE") != "postgresql":
        yield None
        return
    if (found := programs()) is None:
        pytest.skip("no PostgreSQL here that can be run")
    with postgres(found) as server:
        yield server


@pytest.fixture(scope="session")
def office(
    browser: Browser, kafka: Kafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """The desk plays until the tests are over."""
    build(lambda _: None)
    with Redis(tmp_path_factory.mktemp("redis")) as redis, database() as store:
        made = Office(tmp_path_factory.mktemp("page"), kafka, redis, store)
        try:
            made.open()
            with joined(browser, made.link, PASSWORDS[ADMIN]) as admin:
                links = {name: invited(admin, roles) for name, roles in ROLES.items()}
            for name, link in links.items():
                with joined(browser, link, PASSWORDS[name], name):
                    pass
            yield made
        finally:
            made.close()


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
