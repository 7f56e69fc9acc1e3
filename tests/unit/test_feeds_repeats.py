"""What a venue sends again with a subscription is counted once, by every venue's rule."""

from __future__ import annotations

import orjson
import pytest

from engine.feeds.cuts import cut_frame
from engine.feeds.speech import Kind
from engine.framing import Framer
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage, TicksState
from schemas import names
from schemas.codec import encode
from schemas.raw import RawFrame, ReceivedFrame, Source
from schemas.record import Record
from schemas.ticks import NoticeType, Ticks

MILLISECOND = 1_000_000
START = 1_800_000_000


def bitget(*numbers: int) -> str:
    """Newest first."""
    rows = [
        {"ts": str(START * 1000 + n), "price": "10", "size": "1", "side": "buy", "tradeId": str(n)}
        for n in sorted(numbers, reverse=True)
    ]
    arg = {"instType": "SPOT", "channel": "trade", "instId": "BTCUSDT"}
    return text({"action": "snapshot", "arg": arg, "data": rows, "ts": START * 1000})


def kraken(*numbers: int) -> str:
    rows = [
        {"symbol": "BTC/USDT", "side": "buy", "price": 10, "qty": 1, "ord_type": "limit",
         "trade_id": n, "timestamp": f"2027-01-15T08:00:00.{n:06}Z"}
        for n in numbers
    ]  # fmt: skip
    return text({"channel": "trade", "type": "snapshot", "data": rows})


def coinbase(*numbers: int) -> str:
    """Newest first."""
    trades = [
        {"product_id": "BTC-USDT", "trade_id": str(n), "price": "10", "size": "1",
         "time": f"2027-01-15T08:00:00.{n:06}Z", "side": "SELL"}
        for n in sorted(numbers, reverse=True)
    ]  # fmt: skip
    events = [{"type": "snapshot", "trades": trades}]
    time = "2027-01-15T08:00:01.0Z"
    return text(
        {"channel": "market_trades", "timestamp": time, "sequence_num": 0, "events": events}
    )


def kraken_futures(*numbers: int) -> str:
    rows = [
        {"feed": "trade", "product_id": "PF_XBTUSD", "uid": f"u{n}", "side": "buy", "type": "fill",
         "seq": n, "time": START * 1000 + n, "qty": 1, "price": 10}
        for n in numbers
    ]  # fmt: skip
    return text({"feed": "trade_snapshot", "product_id": "PF_XBTUSD", "trades": rows})


def htx(*numbers: int) -> str:
    rows = [
        {"id": n, "ts": START * 1000 + n, "tradeId": n, "amount": 1, "price": 10,
         "direction": "buy"}
        for n in numbers
    ]  # fmt: skip
    tick = {"id": 1, "ts": START * 1000, "data": rows}
    return text({"ch": "market.btcusdt.trade.detail", "ts": START * 1000, "tick": tick})


def bybit(*numbers: int) -> str:
    rows = [
        {"T": START * 1000 + n, "s": "BTCUSDT", "S": "Buy", "v": "1", "p": "10", "i": f"uuid-{n}"}
        for n in numbers
    ]
    return text({"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": 1, "data": rows})


def text(said: object) -> str:
    return orjson.dumps(said).decode()


SENT = {
    "bitget:BTC/USDT": bitget,
    "bybit:BTC/USDT": bybit,
    "coinbase:BTC/USDT": coinbase,
    "htx:BTC/USDT": htx,
    "kraken:BTC/USDT": kraken,
    "kraken:BTC/USD:BTC": kraken_futures,
}
"""Those that send their latest trades with a subscription (Bitget 50, Kraken 50 and 100, Coinbase),
and two whose trades have ids that are no numbers. Binance, Bybit, Gate, HTX, KuCoin and MEXC send
none; OKX's are asked for by REST (tests/unit/test_trade_numbers.py)."""


def records(key: str) -> list[RawFrame]:
    """Trades 101 to 110; a cut; then 103 to 114, of which four were missed; then 113 and 115."""
    make, framer, found = SENT[key], Framer("run", MILLISECOND), list[RawFrame]()
    frames = [make(*range(101, 109)), make(109, 110), "", make(*range(103, 115)), make(113, 115)]
    for number, each in enumerate(frames):
        now = (START + 1) * SECOND + number * 10 * MILLISECOND
        frame = ReceivedFrame(now, Source.WS, "stream", each)
        found += framer.frame(key, frame if each else cut_frame(now, "c", [Kind.TRADES], "cut"))
    return found + framer.end()


def taken(key: str, restart: int | None = None) -> list[Record]:
    cell: Cell[TicksState] = Cell.fresh(TicksStage(), key)
    found: list[Record] = []
    for number, record in enumerate(records(key)):
        if number == restart:
            cell.state = TicksStage().load(
                orjson.loads(orjson.dumps(TicksStage().dump(cell.state)))
            )
        found += [out.record for out in cell.take(names.RAW, record)]
    return found


@pytest.mark.parametrize("key", SENT)
def test_trades_that_come_again_after_a_cut_are_counted_once(key: str) -> None:
    ticks = [record for record in taken(key) if isinstance(record, Ticks)]
    ids = [name for each in ticks if each.trades for name in each.trades.trade_id]
    assert len(ids) == len(set(ids))
    assert len(ids) == 15, "101 to 115, those that were missed among them"
    kinds = [notice.type for each in ticks for notice in each.notices]
    assert kinds.count(NoticeType.DUPLICATE) == 9
    assert NoticeType.DEAD not in kinds


@pytest.mark.parametrize("key", SENT)
@pytest.mark.parametrize("restart", [1, 2, 3, 4])
def test_a_restart_between_changes_no_byte(key: str, restart: int) -> None:
    assert [*map(encode, taken(key, restart))] == [*map(encode, taken(key))]
