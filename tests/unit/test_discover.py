"""Arbitrage discovery: every route, its edge and size by hand, and how long it was there."""

from __future__ import annotations

import gzip
from itertools import permutations
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from typer.testing import CliRunner

from engine.arbitrage.routes import Market, Route, Touch, edge, routes
from engine.arbitrage.scanner import Scanner
from engine.spans import SECOND
from gateway.cli import app
from gateway.research.discover import markets
from schemas.ticks import BookState, Fundings, Ticks
from tests.unit.trading import BTC
from topics.settings import Settings

MS = SECOND // 1000
SPOT, OKX, PERP = "binance:BTC/USDT", "okx:BTC/USDT", BTC
FEE = 0.001


def market(key: str, fee: float = FEE, size: float = 1.0) -> Market:
    return Market(key, fee, size)


def of(kind: str, *keys: str) -> list[Route]:
    return [each for each in routes(map(market, keys)) if each.kind == kind]


def test_a_cross_by_hand() -> None:
    touches = {SPOT: Touch(99, 5, 100, 2), OKX: Touch(101, 3, 102, 9)}
    there, back = of("cross", SPOT, OKX)
    assert str(there) == "buy binance:BTC/USDT, sell okx:BTC/USDT"
    found = edge(there, touches)
    assert found is not None
    assert found.gross == pytest.approx(100)
    assert found.net == pytest.approx((1.01 * 0.999**2 - 1) * 1e4)
    assert found.size == pytest.approx(200)
    other = edge(back, touches)
    assert other is not None
    assert other.gross == pytest.approx((99 / 102 - 1) * 1e4)
    assert edge(there, {SPOT: touches[SPOT]}) is None


def test_a_basis_pays_its_fees_twice_and_counts_contracts() -> None:
    spot, perpetual = market(SPOT), market(PERP, 0.0005, 0.01)
    (there, _) = [each for each in routes((spot, perpetual)) if each.kind == "basis"]
    found = edge(there, {SPOT: Touch(99, 5, 100, 5), PERP: Touch(101, 40, 102, 40)})
    assert found is not None
    assert found.net == pytest.approx((1.01 * 0.999**2 * 0.9995**2 - 1) * 1e4)
    assert found.size == pytest.approx(0.4 * 100)
    assert of("basis", SPOT, "binance:ETH/USDT:USDT", "binance:BTC/USDT:BTC") == []


COINS = ("AAA", "BBB", "CCC", "DDD")
PAIRS = [f"v:{one}/{two}" for one, two in permutations(COINS, 2) if one < two]
PRICES = st.floats(0.01, 100)
TOUCHES = st.fixed_dictionaries(
    {}, optional={pair: st.tuples(PRICES, PRICES, st.floats(1, 1.1), PRICES) for pair in PAIRS}
)


@limits(max_examples=40)
@given(TOUCHES)
def test_triangles_are_those_that_trying_all_finds(
    given_: dict[str, tuple[float, float, float, float]],
) -> None:
    """Each cycle of three coins once and no other, with the product of its rates."""
    touches = {
        pair: Touch(bid, bids, bid * over, asks) for pair, (bid, bids, over, asks) in given_.items()
    }
    rates: dict[tuple[str, str], float] = {}
    for pair, touch in touches.items():
        base, quote = pair[2:].split("/")
        rates[quote, base], rates[base, quote] = (1 - FEE) / touch.ask, touch.bid * (1 - FEE)
    wanted = sorted(
        (rates[a, b] * rates[b, c] * rates[c, a] - 1) * 1e4
        for a, b, c in permutations(COINS, 3)
        if a == min(a, b, c) and {(a, b), (b, c), (c, a)} <= set(rates)
    )
    found = (edge(each, touches) for each in of("triangle", *touches))
    assert sorted(each.net for each in found if each is not None) == pytest.approx(wanted)


@limits(max_examples=40)
@given(TOUCHES.filter(lambda given_: len(given_) == len(PAIRS)))
def test_the_size_of_a_route_is_what_every_touch_of_it_has(
    given_: dict[str, tuple[float, float, float, float]],
) -> None:
    touches = {
        pair: Touch(bid, bids, bid * over, asks) for pair, (bid, bids, over, asks) in given_.items()
    }
    for route in of("triangle", *touches):
        found = edge(route, touches)
        assert found is not None
        money, fullest = found.size, 0.0
        for leg in route.legs:
            touch = touches[leg.market.key]
            most = touch.ask * touch.asks if leg.buys else touch.bids
            fullest = max(fullest, money / most)
            money *= 1 / touch.ask if leg.buys else touch.bid
        assert fullest == pytest.approx(1)


def ticks(key: str, at: int, bid: float, ask: float, **fields: object) -> Ticks:
    given_ = {
        "key": key, "venue": key.partition(":")[0], "symbol": key.partition(":")[2], "seq": at,
        "id": "i", "cause": "c", "seen_time": at, "book": BookState.OK,
        "bid": (str(bid), "1"), "ask": (str(ask), "1"),
    }  # fmt: skip
    return Ticks.model_validate({**given_, **fields})


def test_how_long_and_how_often_an_edge_was_there() -> None:
    scanner = Scanner(lambda key: market(key, 0.0))
    scanner.take(ticks(SPOT, 0, 99, 100))
    for at, bid in ((100, 99.5), (200, 101), (500, 99.5), (600, 102), (700, 99.5)):
        scanner.take(ticks(OKX, at * MS, bid, 103))
    scanner.take(ticks(SPOT, 1000 * MS, 99, 100))
    best, _ = scanner.found()
    assert (best.episodes, best.median_ms, best.longest_ms) == (2, 200, 300)
    assert (best.best, best.size, best.seconds) == (200, 100, 0.9)
    assert best.net == pytest.approx(4 / 9)
    assert best.an_hour == pytest.approx(8000)
    assert best.mean == pytest.approx((300 * 100 + 100 * 200 - 500 * 50) / 900)


def test_a_book_that_is_not_sound_or_not_heard_of_is_none() -> None:
    scanner = Scanner(lambda key: market(key, 0.0), stale=SECOND)
    scanner.take(ticks(SPOT, 0, 99, 100))
    scanner.take(ticks(OKX, 100 * MS, 101, 103))
    scanner.take(ticks(OKX, 200 * MS, 101, 103, book=BookState.GAPPED))
    scanner.take(ticks(OKX, 300 * MS, 101, 103))
    scanner.take(ticks(OKX, 3000 * MS, 105, 106))
    best, _ = scanner.found()
    assert (best.episodes, best.best, best.longest_ms) == (2, 100, 2700)


def test_funding_is_that_of_who_sold_the_perpetual() -> None:
    scanner = Scanner(lambda key: market(key, 0.0))
    funding = Fundings(
        index=(0,), event_time=(1,), seen_time=(1,), mark=(None,), index_price=(None,),
        rate=("0.0001",), due=(None,),
    )  # fmt: skip
    scanner.take(ticks(SPOT, 0, 99, 100))
    scanner.take(ticks(PERP, 1, 99, 100, fundings=funding))
    scanner.take(ticks(PERP, 2 * MS, 99, 100))
    sold = {f"sell {PERP}" in each.route: each.funding for each in scanner.found()}
    assert sold == {True: 1.0, False: -1.0}


def test_fees_are_those_of_the_settings_unless_they_are_named() -> None:
    known = markets(Settings(), ["okx=2.5"])
    spot, perpetual, other = known(SPOT), known(PERP), known("okx:BTC/USDT")
    assert spot is not None
    assert perpetual is not None
    assert other is not None
    assert (spot.fee, perpetual.fee, other.fee) == (0.001, 0.0005, 0.00025)
    assert known("nowhere:XYZ/USDT:USDT") is None


def test_the_command_on_what_ships(tmp_path: Path) -> None:
    """Spot and perpetual of one venue, at one time: the fees are more than the basis."""
    folder = Path(__file__).parents[2] / "infra" / "recordings"
    short = []
    for kind in ("spot", "usdm"):
        with gzip.open(folder / kind / "btcusdt_20240808.gz", "rb") as lines:
            head = b"".join(next(lines) for _ in range(2500))
        (tmp_path / kind).mkdir()
        short.append(str(tmp_path / kind / "btcusdt_20240808.gz"))
        Path(short[-1]).write_bytes(gzip.compress(head))
    told = CliRunner().invoke(app, ["discover", *short, "--json"])
    rows = [orjson.loads(line) for line in told.stdout.splitlines()]
    assert told.exit_code == 0, told.output
    assert {each["kind"] for each in rows} == {"basis"}
    assert all(each["best"] < 0 < each["seconds"] for each in rows)
    wrong = CliRunner().invoke(app, ["discover", *short, "--fee", "okx"])
    assert (wrong.exit_code, "write VENUE=BPS" in wrong.output) == (1, True)
