"""The page as people get it: its types, its own tests, and its weight, by the real tools."""

from __future__ import annotations

import pytest

from gateway.page.build import WEB, build
from gateway.page.node import found
from gateway.page.weight import weight
from infra.local.errors import LocalError

pytestmark = pytest.mark.timeout(900)

LIMIT = 500_000
"""Bytes, compressed: of the first view, and here even of all views."""


def test_it_is_built_and_light_and_asks_no_other_host() -> None:
    folder = build(lambda _: None)
    assert weight(folder) < LIMIT
    index = (folder / "index.html").read_text()
    assert "http://" not in index
    assert "https://" not in index


def test_its_own_tests_pass() -> None:
    build(lambda _: None)
    try:
        found().run(WEB, "test")
    except LocalError as error:
        pytest.fail(str(error))
