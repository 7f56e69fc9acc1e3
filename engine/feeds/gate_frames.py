"""Gate v4's public frames to events, no IO: spot, perpetuals and dated futures.

Sources: Gate's documents (https://www.gate.com/docs/developers/apiv4/ws/en/ "Spot WebSocket v4",
.../futures/ws/en/ "Futures WebSocket v4", .../delivery/ws/en/, and of REST "Retrieve order book"),
cryptofeed's recordings of 2021 (spot) and 2023 (futures), ccxt 4.5.64 (pro/gate.py).
Every frame names its channel; the order of its fields changes. Of spot all numbers are texts:
  {"time":1606292218,"time_ms":1606292218231,"channel":"spot.trades","event":"update","result":
   {"id":309143071,"create_time":1606292218,"create_time_ms":"1606292218213.4578","side":"sell",
    "currency_pair":"GT_USDT","amount":"16.4700000000","price":"0.4705000000",
    "range":"2390902-2390902","id_market":2390902}}             (2021: without time_ms and range)
  {.."channel":"spot.book_ticker"..,"result":{"t":1606293275123,"u":48733182,"s":"BTC_USDT",
   "b":"19177.79","B":"0.0003341504","a":"19179.38","A":"0.09"}}
  {.."channel":"spot.order_book_update"..,"result":{"t":1606294781123,"full":true,"l":"100",
   "e":"depthUpdate","E":1606294781,"s":"BTC_USDT","U":48776301,"u":48776306,
   "b":[["19137.74","0.0001"]],"a":[["19137.75","0.6135"]]}}         (2021: without full and l)
  {.."channel":"spot.order_book"..,"result":{"t":1606295412123,"lastUpdateId":48791820,
   "s":"BTC_USDT","l":"5","bids":[["19079.55","0.0195"]],"asks":[["19080.24","0.1638"]]}}
  {"channel":"spot.obu","result":{"t":1747054612695,"full":true,"s":"ob.BTC_USDT.50",
   "U":73777715169,"u":73777715212,"b":[["104024.5","10343"]],"a":[]},"time_ms":1747054612925}
Of futures quantities are contracts, integers or texts ("X-Gate-Size-Decimal"), levels are objects:
  {.."channel":"futures.trades"..,"result":[{"size":-108,"id":27753479,"create_time":1545136464,
   "create_time_ms":1545136464123,"price":"96.4","contract":"BTC_USD"}]}   (below 0: a seller took)
  {.."channel":"futures.book_ticker".. as of spot; a price of "" is a side without an order
  {.."channel":"futures.order_book_update"..,"result":{"t":1615366381417,"s":"BTC_USD",
   "U":2517661101,"u":2517661113,"b":[{"p":"54672.1","s":0}],"a":[{"p":"54743.6","s":"95"}]}}
  {.."channel":"futures.order_book","event":"all","result":{"t":1541500161123,"id":93973511,
   "contract":"BTC_USD","asks":[{"p":"97.1","s":2245}],"bids":[..],"l":"20"}}
  {.."channel":"futures.obu".. as of spot
  {.."channel":"futures.tickers"..,"result":[{"contract":"BTC_USDT","funding_rate":"-0.000114",
   "mark_price":"118.35","index_price":"118.36","total_size":"73648",..}]}
  {.."channel":"futures.public_liquidates"..,"result":[{"price":215.1,"size":-124,
   "time_ms":1541486601123,"contract":"BTC_USDT"}]}
Tickers of spot tell best prices without quantities, so no quote is made of them. Answers of REST:
  {"id":2691446,"current":1623898993123,"update":1623898993121,"asks":[["0.1","5876.967"]],"bids":..}
                                                             (2021: without current and update)
  {"id":1,"current":1684930166.384,"update":1684930166.35,"asks":[{"s":803,"p":"0.2974"}],"bids":..}
  [{"id":"1232893232","create_time":"1548000000","create_time_ms":"1548000000123.456","side":"buy",
    "amount":"0.15","price":"0.03","sequence_id":"588018"}]        spot/trades, the newest first
  [{"id":442288327,"contract":"BTC_USDT","create_time":1739814676.707,"create_time_ms":
    1739814676.707,"size":-105,"price":"95594.8"}]                 futures/SETTLE/trades
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from engine.feeds import fields, gate_forms, gate_trades
from engine.feeds.gate_books import NUMBERS, OBJECT, PAIR, answer, changes, table
from engine.feeds.gate_rows import (
    Closing,
    Events,
    FutureTrade,
    SpotTrade,
    Ticker,
    Top,
    one,
    rows,
)
from schemas.errors import Poison

VENUE = "gate"

_channel = re.compile(r'"channel"\s*:\s*"([^"]*)"').search
_event = re.compile(r'"event"\s*:\s*"([^"]*)"').search
_objects = re.compile(r'"(?:asks|bids)"\s*:\s*\[\s*\{').search


class _Error(Struct, gc=False):
    code: int = 0
    message: str = ""


class _Control(Struct, gc=False):
    """An answer to a request, a pong or a notice; type: of a notice that names no channel."""

    channel: str = ""
    event: str = ""
    type: str = ""
    error: _Error | None = None


class _Listed(Struct, gc=False):
    """A row of a list of pairs (id) or contracts (name)."""

    id: Any = None
    name: str = ""


_streams = gate_forms.streams(changes(NUMBERS))
READERS: dict[str, Callable[[str], Events]] = {
    "spot.trades": gate_forms.trades(one(SpotTrade)),
    "spot.trades_v2": one(SpotTrade),
    "spot.book_ticker": one(Top),
    "spot.order_book_update": gate_forms.changes(changes(PAIR)),
    "spot.order_book": table(PAIR),
    "spot.obu": _streams,
    "futures.trades": rows(FutureTrade),
    "futures.book_ticker": gate_forms.tops(one(Top)),
    "futures.order_book_update": gate_forms.contracts(changes(OBJECT)),
    "futures.order_book": table(OBJECT),
    "futures.obu": _streams,
    "futures.tickers": rows(Ticker),
    "futures.public_liquidates": rows(Closing),
}
"""By channel."""
UNUSED = frozenset(
    ("spot.tickers", "spot.candlesticks", "futures.candlesticks", "futures.contract_stats")
)
"""Channels that are known and say nothing that we publish."""
CONTROL = frozenset(("subscribe", "unsubscribe"))
HEAD, PUSH = '"channel":"', '"event":"update"'
"""As Gate writes them; where it does not, they are looked for with blanks."""
PUSHED = frozenset(("update", "all"))
NOTICES = frozenset(("spot.pong", "futures.pong", "spot.system", "futures.system"))

_control = msgspec.json.Decoder(_Control).decode
_listed = msgspec.json.Decoder(list[_Listed]).decode
_spot = gate_forms.answers(answer(PAIR, lambda text: fields.milliseconds(text)))
_futures = gate_forms.contracts_answers(answer(OBJECT, lambda text: fields.seconds(text)))


@fields.reading(VENUE)
def parse(frame: str | bytes) -> Events:
    """As engine.feeds.feed says."""
    text = frame if isinstance(frame, str) else frame.decode()
    if (start := text.find(HEAD)) >= 0:
        start += len(HEAD)
        channel = text[start : text.index('"', start)]
    elif (named := _channel(text)) is not None:
        channel = named.group(1)
    else:
        return _unnamed(text)
    if channel in NOTICES or (PUSH not in text and _answers(text)):
        return _said(text)
    if (reader := READERS.get(channel)) is not None:
        return reader(text)
    if channel in UNUSED:
        return ()
    raise Poison(f"unknown channel {channel[:40]!r}")


def _answers(text: str) -> bool:
    """The frame has an event that is no push of data; obu may have none."""
    said = _event(text)
    return said is not None and said.group(1) not in PUSHED


def _unnamed(text: str) -> Events:
    """Answers of REST, and notices of the venue about the connection."""
    if text.startswith("[") and '"create_time"' in text and '"price"' in text:
        return gate_trades.answered(text)
    if text.startswith("["):
        if any(row.id is None and not row.name for row in _listed(text)):
            raise Poison("a list of what is no instrument")
        return ()
    if '"asks"' in text:
        return _futures(text) if _objects(text) else _spot(text)
    notice = _control(text)
    if notice.error is None and notice.type:
        return ()
    raise Poison("a frame without a channel")


def _said(text: str) -> Events:
    """What is no market data: answers to requests and pongs."""
    control = _control(text)
    if control.error is not None:
        code, message = control.error.code, control.error.message
        raise Poison(f"{control.event} {control.channel}: {code}: {message[:200]}")
    if control.event not in CONTROL and control.channel not in NOTICES:
        raise Poison(f"unknown event {control.event[:40]!r}")
    return ()
