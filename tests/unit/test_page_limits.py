"""The page knows each risk limit of the engine by its name, and its unit."""

from __future__ import annotations

import re

from engine.risk import RiskLimits
from gateway.page.build import WEB

UNITS = {"order_lifetime", "approval_lifetime", "storm_window"}
PERCENT = {"stop_percent", "target_percent"}


def told() -> dict[str, str]:
    """Units by name of a limit, as gateway/web/src/i18n/limits.ts has them."""
    text = (WEB / "src" / "i18n" / "limits.ts").read_text()
    return dict(re.findall(r'^  (\w+): \{\n    unit: "(\w+)",$', text, re.MULTILINE))


def test_the_page_has_words_for_each_limit_in_the_unit_that_the_engine_means() -> None:
    units = told()
    assert [*units] == [*RiskLimits.model_fields]
    assert {name for name, unit in units.items() if unit == "time"} == UNITS
    assert {name for name, unit in units.items() if unit == "percent"} == PERCENT
    whole = RiskLimits()
    for name, unit in units.items():
        value = getattr(whole, name)
        assert isinstance(value, bool) == (unit == "yes"), name
        assert (type(value) is int) == (unit in ("time", "count")), name
