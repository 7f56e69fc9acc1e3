"""Instrument records as contracts, ASTER/USDT:USDT among them."""

from __future__ import annotations

import pytest

from engine.clearing.codes import Op
from engine.clearing.contract import Contract, Kind, Terms, Tier
from engine.clearing.engine import Clearing
from engine.clearing.listing import Asset, Bracket, Fees, contract_of, instrument_of
from engine.matching.codes import BUY, SELL, Command
from engine.matching.codes import Op as BookOp
from engine.matching.instrument import Instrument, TooWide
from infra.recordings import instruments
from schemas.instruments import Instrument as Record

ASSETS = (Asset("USDT"), Asset("BTC"), Asset("ASTER"))
FEES = Fees("0.0002", "0.0005", "0.0125")
BRACKETS = (Bracket("5000", "0.01", 75), Bracket("50000", "0.025", 20))
HOURS = 3_600 * 10**9


def record_of(symbol: str) -> Record:
    return next(r for r in instruments() if r.venue == "binance" and r.symbol == symbol)


def test_a_linear_contract() -> None:
    record = record_of("ASTER/USDT:USDT")
    terms = contract_of(record, ASSETS, FEES, BRACKETS)
    assert (terms.kind, terms.settle, terms.unit) == (Kind.LINEAR, 0, 10_000)
    assert terms.interval == 4 * HOURS
    assert terms.tiers[1] == Tier(50_000 * 10**8, 2_500_000, 20)
    assert (terms.maker, terms.taker, terms.liquidation) == (20_000, 50_000, 1_250_000)


def test_an_inverse_contract() -> None:
    terms = contract_of(record_of("BTC/USD:BTC"), ASSETS, FEES, (Bracket("50", "0.004", 125),))
    assert (terms.kind, terms.settle, terms.unit) == (Kind.INVERSE, 1, 10**11)
    assert terms.interval == 8 * HOURS


def test_spot() -> None:
    terms = contract_of(record_of("BTC/USDT"), ASSETS, FEES)
    assert (terms.kind, terms.settle, terms.base) == (Kind.SPOT, 0, 1)
    assert (terms.unit, terms.lot) == (10**8 // 10**7, 10**8 // 10**5)


def test_what_is_not_whole_is_refused() -> None:
    with pytest.raises(TooWide, match="needs 7 decimals"):
        contract_of(record_of("BTC/USDT"), (Asset("USDT", 6), Asset("BTC")), FEES)
    with pytest.raises(TooWide, match="finer"):
        contract_of(record_of("BTC/USDT"), ASSETS, Fees("0.000000001"))
    with pytest.raises(KeyError):
        contract_of(record_of("ETH/USDT"), ASSETS, FEES)
    with pytest.raises(TooWide, match="no multiples"):
        instrument_of(record_of("ASTER/USDT:USDT"), "0.00015", "2", "1")


def test_aster_to_the_last_unit() -> None:
    """1,000 ASTER from 1.5 to 1.6: the fees of Binance, in units of 10^-8 USDT."""
    record = record_of("ASTER/USDT:USDT")
    ladder = instrument_of(record, "0.0001", "10", "1.5")
    terms = Terms((contract_of(record, ASSETS, FEES, BRACKETS),), len(ASSETS))
    engine = Clearing([ladder], terms, 4)
    for account in (1, 2):
        engine.submit(Command(Op.DEPOSIT, account=account, quantity=1_000 * 10**8))
        engine.submit(Command(Op.LEVERAGE, account=account, quantity=20))
    for number, price in enumerate(("1.5", "1.6")):
        at = ladder.ticks(int(float(price) * 10) * 10**7)
        for side, account in ((SELL, 2 - number), (BUY, 1 + number)):
            engine.submit(
                Command(
                    BookOp.PLACE, side, order_id=1 + 2 * number + side, account=account, price=at,
                    quantity=ladder.lots(1_000 * 10**18),
                )
            )  # fmt: skip
    money = [row for row in engine.wallets() if row[1] == 0]
    first = 1_500 * 5 + 1_600 * 2  # taker, then maker; in 10^-4 USDT
    second = 1_500 * 2 + 1_600 * 5
    assert money == [
        (1, 0, (1_000 + 100) * 10**8 - first * 10**4, 0),
        (2, 0, (1_000 - 100) * 10**8 - second * 10**4, 0),
    ]


@pytest.mark.parametrize(
    "terms",
    [
        {"unit": 0},
        {"settle": -1},
        {"lot": 1},
        {"tiers": ()},
        {"tiers": (Tier(5, 1, 10), Tier(5, 1, 10))},
        {"tiers": (Tier(5, 2, 10), Tier(6, 1, 10))},
        {"tiers": (Tier(5, 1, 10), Tier(6, 1, 11))},
        {"tiers": tuple(Tier(n, 1, 10) for n in range(1, 14))},
        {"maker": 2, "taker": 1},
        {"maker": -2, "taker": 1},
        {"taker": 10**8},
        {"liquidation": 10**8},
        {"interval": -1},
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, object]) -> None:
    sound: dict[str, object] = {"unit": 1, "settle": 0, "tiers": (Tier(5, 1, 10),)}
    Contract(Kind.LINEAR, **sound)  # type: ignore[arg-type]
    with pytest.raises(TooWide):
        Contract(Kind.LINEAR, **{**sound, **terms})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("terms", "accounts"),
    [
        (Terms((), 1), 2),
        (Terms((Contract(Kind.LINEAR, 1, 1, tiers=(Tier(5, 1, 10),)),), 1), 2),
        (Terms((Contract(Kind.LINEAR, 0, 1 << 50, tiers=(Tier(5, 1, 10),)),), 1), 2),
        (Terms((Contract(Kind.LINEAR, 0, 1, tiers=(Tier(5, 1, 10),)),), 1 << 20), 32),
    ],
)
def test_what_is_too_wide_is_refused(terms: Terms, accounts: int) -> None:
    with pytest.raises(TooWide):
        Clearing([Instrument(1, 1_000, 100)], terms, accounts)
