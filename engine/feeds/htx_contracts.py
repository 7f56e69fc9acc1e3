"""What HTX tells of contracts besides their market, and what it answers, to events, no IO.

Sources: https://www.htx.com/en-us/opend/newApiPages/ (USDT-M and Coin-M: "Subscribe Funding Rate
Data", "Subscribe Liquidation Order Data", "Query swap open interest", "Query funding rate"), ccxt
4.5.64 (htx.py: fetch_open_interest, fetch_funding_rate), crypto-msg-parser's samples of 2021.
  {"op":"notify","topic":"public.BTC-USDT.funding_rate","ts":1603778748166,"data":[{"contract_code":
   "BTC-USDT","funding_rate":"-0.000220068774978695","funding_time":"1603778700000",
   "settlement_time":"1603785600000",..}]}
  {"op":"notify","topic":"public.ETH-USDT.liquidation_orders","ts":1789670297217,"data":[{"direction":
   "buy","offset":"close","volume":500,"price":2446.26,"created_at":1789670297212,"amount":5,..}]}
REST, and answers:
  {"status":"ok","data":[{"volume":518018.0,"amount":2769.67,"contract_code":"BTC-USD",..}],"ts":..}
  {"code":200,"data":{"volume":"32476092","value":"2063137924.9","contract_code":"BTC-USDT",..},..}
  {"status":"ok","data":{"funding_rate":"0.0001","funding_time":"1781280000000",..},"ts":..}
  {"id":"1","status":"ok","subbed":"market.btcusdt.bbo","ts":..} {"ping":1645289389619}
  {"status":"error","err-code":"bad-request","err-msg":"invalid topic","id":"2","ts":..}
  {"op":"sub","cid":"1","topic":"public.BTC-USDT.funding_rate","err-code":0,"ts":..}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.events import Event, Funding, Liquidation, OpenInterest
from engine.feeds.fields import MILLISECOND, Milliseconds, number
from schemas.errors import Poison
from schemas.ticks import Side

VENUE = "htx"

Events = tuple[Event, ...]


class _Rate(Struct, gc=False):
    """settlement_time is when it is paid; where that is missing, funding_time is."""

    funding_rate: Any
    funding_time: Milliseconds
    settlement_time: Milliseconds | None = None

    def event(self, time: int) -> Funding:
        due = self.funding_time if self.settlement_time is None else self.settlement_time
        return Funding(time, None, None, fields.rate(number(self.funding_rate)), due * MILLISECOND)


class _Closing(Struct, gc=False):
    """volume is in contracts."""

    direction: Side
    volume: Any
    price: Any
    created_at: Milliseconds

    def event(self, time: int) -> Liquidation:
        price, volume = fields.mark(number(self.price)), fields.traded(number(self.volume))
        return Liquidation(self.created_at * MILLISECOND, price, volume, self.direction)


class _Interest(Struct, gc=False):
    """volume is in contracts."""

    volume: Any
    value: Any = None

    def event(self, time: int) -> OpenInterest:
        value = None if self.value is None else fields.worth(number(self.value))
        return OpenInterest(time, fields.quantity(number(self.volume)), value)


class _Notice(Struct, gc=False):
    """What comes on the sockets of notifications, or an answer there."""

    op: str
    topic: str = ""
    ts: Milliseconds = 0
    data: Any = ()
    code: Any = msgspec.field(name="err-code", default=0)
    text: str = msgspec.field(name="err-msg", default="")


class _Answer(Struct, gc=False):
    """Of REST and of the sockets."""

    status: str = ""
    code: int = 200
    data: Any = ()
    ts: Milliseconds | None = None
    ping: int | None = None
    subbed: Any = None
    unsubbed: Any = None
    rep: Any = None
    error: Any = msgspec.field(name="err-code", default=None)
    text: str = msgspec.field(name="err-msg", default="")
    message: str = ""


def decoder(of: Any) -> Callable[[str], Any]:
    """Of a struct; its integers may come as texts, numbers of type Any stay texts."""
    return msgspec.json.Decoder(of, strict=False, float_hook=str).decode


_notice = decoder(_Notice)
_answer = decoder(_Answer)

TOLD: dict[str, type[_Rate] | type[_Closing]] = {
    "funding_rate": _Rate,
    "liquidation_orders": _Closing,
}
"""By what a topic ends with."""
UNUSED = frozenset(("contract_info", "contract_elements"))
CONTROL = frozenset(("sub", "unsub", "ping", "close"))


def notified(text: str) -> Events:
    """The events of a frame that has an "op"; raises Poison (and what msgspec raises)."""
    notice = _notice(text)
    if notice.op in CONTROL and notice.code in (0, "0"):
        return ()
    if notice.op != "notify":
        raise Poison(f"{notice.op[:40]} {notice.code}: {notice.text[:200]}")
    kind = notice.topic.rpartition(".")[2]
    row = TOLD.get(kind)
    if row is None:
        if kind in UNUSED:
            return ()
        raise Poison(f"unknown topic {notice.topic[:40]!r}")
    return _events(notice.data, row, notice.ts)


def answered(text: str) -> Events:
    """The events of an answer of REST about one contract; () for all others that are no errors."""
    answer = _answer(text)
    if answer.status not in ("", "ok") or answer.code != 200 or answer.error is not None:
        reason = answer.text or answer.message
        raise Poison(f"error {answer.error or answer.code}: {reason[:200]}")
    found = (answer.data, answer.ping, answer.subbed, answer.unsubbed, answer.rep)
    if all(each in (None, ()) for each in found):
        raise Poison("a frame of no known form")
    rows = [answer.data] if isinstance(answer.data, dict) else answer.data
    if not (isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict)):
        return ()
    if "contract_code" not in rows[0] or answer.ts is None:
        return ()
    if "funding_rate" in rows[0]:
        return _events(rows, _Rate, answer.ts)
    interest = "volume" in rows[0] and "amount" in rows[0]
    return _events(rows, _Interest, answer.ts) if interest else ()


def _events(rows: Any, row: type[_Rate] | type[_Closing] | type[_Interest], sent: int) -> Events:
    found: list[Any] = msgspec.convert(rows, list[row], strict=False)  # type: ignore[valid-type]
    return tuple([each.event(sent * MILLISECOND) for each in found])
