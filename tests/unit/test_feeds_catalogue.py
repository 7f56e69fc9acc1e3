"""The table of venues: names, rules, and that a venue is loaded only when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.feeds.catalogue import FEEDS, called, rule_of


@pytest.mark.parametrize("name", FEEDS)
def test_a_venue_is_found_by_its_name_and_its_rules_by_theirs(name: str) -> None:
    feed = FEEDS[name]
    assert feed.name == name
    assert called()[name] == (feed, None)
    for rule in feed.rules.values():
        assert rule_of(rule.name) is rule


def test_what_is_not_there_is_not_found() -> None:
    assert FEEDS.get("nowhere") is None
    assert "nowhere" not in FEEDS
    for name in ("nowhere", "kraken2", ""):
        with pytest.raises(LookupError):
            rule_of(name)


def test_a_venue_is_loaded_when_it_is_asked_for() -> None:
    told = (
        "import sys; from engine.feeds.catalogue import FEEDS; FEEDS['okx']; "
        "print(*sorted(set(FEEDS) & {name.removeprefix('engine.feeds.') for name in sys.modules}))"
    )
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["okx"]
