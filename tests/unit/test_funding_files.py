"""Real funding rates from files: their zones, what is refused, and the payments, to the cent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from engine.execution import ExecutionSettings
from engine.replay.desk import Desk
from engine.venue.events import Funded
from engine.venue.schedule import FundingSchedule
from gateway.backtests.backtest import listed
from gateway.backtests.funding import funded
from gateway.backtests.stages import Stages
from gateway.terminal.output import Output
from schemas import names
from schemas.statuses import Status
from tests.unit.market_tape import funding, trade, whole
from tests.unit.resting import CALM, VENUE, Place, order
from tests.unit.small_desk import ACCOUNT, SECOND, SETTINGS, recorded
from tests.unit.trading import BTC
from topics.funding import BadRates, FundingFile, rates_of

HOUR = 3600 * 10**9
SHIFTED = """Symbol,Date,Funding Rate
BTC-USDT,2020-01-01 03:00:00.000,-0.00012359
BTC-USDT,2020-01-01 11:00:00.000,-0.00012383
BTC-USDT,2020-01-01 19:00:00.000,-1.1e-05
"""
"""The first rows of a history of Binance's payments, in Moscow's time."""
QUIET = Output(True)


def written(folder: Path, text: str, zone: str = "UTC") -> FundingFile:
    path = folder / "rates.csv"
    path.write_text(text)
    return FundingFile(file=path, zone=zone)


@pytest.mark.parametrize("zone", ["+03:00", "Europe/Istanbul"])
def test_a_zone_turns_wall_time_into_utc(tmp_path: Path, zone: str) -> None:
    first = 1_577_836_800 * 10**9  # 2020-01-01T00:00Z
    assert rates_of(BTC, written(tmp_path, SHIFTED, zone)).paid == (
        (first, "-0.00012359"), (first + 8 * HOUR, "-0.00012383"), (first + 16 * HOUR, "-0.000011"),
    )  # fmt: skip


def test_the_same_payments_in_digits_of_any_unit(tmp_path: Path) -> None:
    times = ("1577836800", "1577865600000", "1577894400000000")
    rows = "".join(f"{time},0.0001\n" for time in reversed(times))
    found = rates_of(BTC, written(tmp_path, "fundingTime,rate\n" + rows))
    assert [time // HOUR % 24 for time, _ in found.paid] == [0, 8, 16]


def test_a_wrong_zone_is_refused_with_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(BadRates, match=r"at 3, 11, 19 h .* pays at 0, 8, 16 h: set zone to \+03"):
        rates_of(BTC, written(tmp_path, SHIFTED))
    with pytest.raises(BadRates, match="kucoin pays at 4, 12, 20 h"):
        rates_of("kucoin:BTC/USDT:USDT", written(tmp_path, SHIFTED, "+03:00"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "needs a header"),
        ("time,price\n", "no column of rates"),
        ("time,rate\n", "holds no rates"),
        ("time,rate\n2020-01-01 00:00,much\n", "line 2 is no time and rate"),
        ("time,rate\n2020-01-01 00:00,nan\n", "line 2 is no time and rate"),
        ("time,rate\nnever,0.1\n", "line 2 is no time and rate"),
        ("time,rate\n12345,0.1\n", "line 2 is no time and rate"),
        ("time,rate\n2020-01-01,0.1\n2020-01-01,0.2\n", "line 3: another rate"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_its_line(
    tmp_path: Path, text: str, word: str
) -> None:
    with pytest.raises(BadRates, match=word):
        rates_of(BTC, written(tmp_path, text))


def test_odd_hours_are_named_where_they_are_few(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = 1_577_836_800
    times = [start + 8 * 3600 * n for n in range(100)]
    times[7] += 3600
    text = "time,rate\n" + "".join(f"{time},0.0001\n" for time in times)
    path = written(tmp_path, text).file
    given = {"funding": {BTC: {"file": str(path)}}}
    known = funded(SETTINGS.model_copy(update=given), QUIET)
    assert len(known.execution["funding"]["rates"][BTC]) == 100
    assert "1 of 100 payments are at other hours" in capsys.readouterr().err


@pytest.mark.parametrize("zone", ["+99:00", "Atlantis", ""])
def test_a_zone_that_is_none(tmp_path: Path, zone: str) -> None:
    with pytest.raises(BadRates, match="is no zone"):
        rates_of(BTC, written(tmp_path, SHIFTED, zone))


def test_a_schedule_ascends() -> None:
    with pytest.raises(ValidationError, match="ascend"):
        FundingSchedule(rates={BTC: ((5, "0.1"), (5, "0.2"))})


def scheduled(*rates: tuple[int, str], side: Any = "buy") -> Place:
    """A position of 2, bought at 101, from time 20 on."""
    schedule = FundingSchedule(rates={BTC: rates, "binance:ETH/USDT:USDT": ((5, "9"),)})
    at = Place(venue=replace(VENUE, funding=schedule))
    at.pass_(CALM)
    at.give(order("o", side, "2"))
    return at


@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1)])
def test_without_a_mark_the_mid_is_paid_on(side: Any, sign: int) -> None:
    """2 * (99 + 101) / 2 * 0.0001 = 0.02; then 2 * (98 + 103) / 2 * -0.0003 = -0.0603."""
    at = scheduled((5, "7"), (25, "0.0001"), (35, "-0.0003"), (500, "1"), side=side)
    at.pass_(whole((("98", "9"),), (("103", "9"),)))
    at.pass_()
    assert [(paid.at, paid.amount) for paid in at.of(Funded)] == [
        (25, Decimal("0.02") * sign), (35, Decimal("-0.0603") * sign),
    ]  # fmt: skip


def test_what_the_market_tells_comes_first() -> None:
    at = scheduled((25, "0.0001"), (45, "0.0001"))
    at.pass_(funding("200", None, None))
    at.pass_(funding("300", "0.0005", 55))
    at.pass_()
    at.pass_()
    assert [(paid.at, paid.rate, paid.amount) for paid in at.of(Funded)] == [
        (25, "0.0001", Decimal("0.02")), (55, "0.0005", Decimal("0.3")),
    ]  # fmt: skip


def test_a_pause_owes_every_payment_of_it() -> None:
    at = scheduled(*((20 + 10 * n, "0.0001") for n in range(1, 6)))
    at.now = 100
    at.pass_(trade("100"))
    assert [paid.at for paid in at.of(Funded)] == [30, 40, 50, 60, 70]


def test_a_backtest_pays_what_the_file_says(tmp_path: Path) -> None:
    """Each payment is rate * mid * position of what the records themselves say of it."""
    frames = [*recorded(40 * SECOND)]
    first = frames[0].seen_time
    rates = [(first + SECOND * n, "0.00015") for n in range(1, 40)]
    execution = {**SETTINGS.execution, "funding": {"rates": {BTC: rates}}}
    known = SETTINGS.model_copy(update={"execution": execution})
    inputs = [*listed(known), *((names.RAW, each) for each in frames)]
    rows = [row for _, row in Desk(Stages.of(known), (ACCOUNT,)).run(inputs)]
    paid = [row for row in rows if isinstance(row, Status) and row.type == "funding"]
    assert len(paid) > 3
    for row in paid:
        worth = Decimal(row.mark or 0) * Decimal(row.quantity or 0) * Decimal("0.00015")
        assert Decimal(row.amount or 0) == worth != 0


def test_settings_read_their_files(tmp_path: Path) -> None:
    path = written(tmp_path, SHIFTED).file
    given = {"funding": {BTC: {"file": str(path), "zone": "+03:00"}}}
    known = funded(SETTINGS.model_copy(update=given), QUIET)
    schedule = known.of("execution", ExecutionSettings).funding
    assert schedule is not None
    assert len(schedule.rates[BTC]) == 3
    assert funded(SETTINGS, QUIET) is SETTINGS
