"""An account's channels: orders, orders-algo, account, positions, balance_and_position.

https://www.okx.com/docs-v5/en/#trading-account-websocket
https://www.okx.com/docs-v5/en/#order-book-trading-trade-ws-order-channel
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import orjson

from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition
from infra.exchange.dialects.okx.account import balance_row, detail, position_row, settled
from infra.exchange.dialects.okx.algo_rows import STATES, algo_push
from infra.exchange.dialects.okx.section import SWAP, Section, family_of, milliseconds, uid
from infra.exchange.dialects.okx.shapes import (
    asked_row,
    cash,
    filled_row,
    price,
    quote,
)
from infra.exchange.facts import Changed, Configured, Execution, Fact, Marked, Reason, Report, Trade
from infra.exchange.faults import Faults
from infra.exchange.listing import Market
from infra.exchange.sockets import Topics

CHANNELS = ("orders", "account", "positions", "balance_and_position")
ON_BUSINESS = ("orders-algo",)
NAMES = ("channel", "instType", "instFamily", "uly", "instId", "ccy", "extraParams")
AGAIN = 5_000
"""Milliseconds after which account and positions are told again."""
REASONS = {
    Reason.ORDER: "filled",
    Reason.DEPOSIT: "transferred",
    Reason.WITHDRAW: "transferred",
    Reason.FUNDING: "funding_fee",
    Reason.INSURANCE: "liquidation",
    Reason.MARGIN_TYPE: "",
}
Arg = dict[str, str]


@dataclass(slots=True)
class Private:
    """Who of which account listens to what."""

    section: Section
    topics: Topics
    faults: Faults
    args: defaultdict[int, dict[str, Arg]] = field(default_factory=lambda: defaultdict(dict))
    _again: int = 0

    def join(self, account: Account, arg: Arg) -> str:
        """The topic of an account's subscription."""
        name = topic(account, arg)
        self.args[account.number][name] = arg
        return name

    def first(self, account: Account, arg: Arg) -> dict[str, Any] | None:
        """What a new listener is told at once; None of orders, of which changes only are told."""
        channel = arg["channel"]
        if channel in ("orders", *ON_BUSINESS):
            return None
        if channel == "balance_and_position":
            markets = self.section.house.listing.markets
            row = self._both(
                account, "snapshot", settled(self.section), held(self.section, account, markets), []
            )
            return {"arg": {**arg, "uid": uid(account)}, "data": [row]}
        return self._state(account, arg, "snapshot", None)

    def heard(self, fact: Fact) -> None:
        """Tell an account of what concerns it."""
        if isinstance(fact, Trade | Marked):
            return
        account = fact.order.account if isinstance(fact, Report) else fact.account
        listening = self._listening(account)
        if not listening:
            return
        if isinstance(fact, Report):
            self._report(account, fact, listening)
        elif isinstance(fact, Changed):
            self._changed(account, fact, listening)
        elif isinstance(fact, Configured):
            markets = held(self.section, account, (fact.market,))
            self._states(account, listening, ("positions",), markets)

    def conditioned(self, condition: Condition) -> None:
        """Tell an account of a conditional order, in states that OKX has."""
        account = condition.account
        listening = self._listening(account) if condition.state in STATES else {}
        for name, arg in listening.items():
            if arg["channel"] in ON_BUSINESS and concerns(arg, condition.market):
                told = {"arg": {**arg, "uid": uid(account)}, "data": [algo_push(condition)]}
                self._tell(name, told)

    def _listening(self, account: Account) -> dict[str, Arg]:
        """Topics of an account that are heard; others are forgotten."""
        found = self.args.get(account.number)
        if found is None:
            return {}
        for name in [name for name in found if not self.topics.heard(name)]:
            del found[name]
        return found

    def _report(self, account: Account, report: Report, listening: dict[str, Arg]) -> None:
        for name, arg in listening.items():
            if arg["channel"] == "orders" and concerns(arg, report.order.market):
                told = {**arg, "uid": uid(account)}
                self._tell(name, {"arg": told, "data": [order_push(self.section, report)]})
        if report.what is not Execution.TRADE:
            self._states(account, listening, ("account",), None)

    def _changed(self, account: Account, fact: Changed, listening: dict[str, Arg]) -> None:
        markets = fact.markets
        if fact.reason is Reason.MARGIN_TYPE:
            markets = held(self.section, account, markets)
        self._states(account, listening, ("account", "positions"), markets)
        assets = [self.section.house.listing.assets[number] for number in fact.assets]
        fills = [fill for fill in list(account.fills)[-len(fact.markets) :] if fill.at == fact.at]
        trades = [{"instId": fill.order.market.name, "tradeId": str(fill.trade)} for fill in fills]
        for name, arg in listening.items():
            if arg["channel"] == "balance_and_position" and REASONS[fact.reason]:
                row = self._both(account, REASONS[fact.reason], assets, fact.markets, trades)
                self._tell(name, {"arg": {**arg, "uid": uid(account)}, "data": [row]})

    def _states(
        self,
        account: Account,
        listening: dict[str, Arg],
        channels: tuple[str, ...],
        markets: tuple[Market, ...] | None,
    ) -> None:
        for name, arg in listening.items():
            if arg["channel"] in channels:
                told = self._state(account, arg, "event_update", markets)
                if told["data"]:
                    self._tell(name, told)

    def _state(
        self, account: Account, arg: Arg, event: str, markets: tuple[Market, ...] | None
    ) -> dict[str, Any]:
        """account: all of it; positions: of the markets named, or those that are not flat."""
        if arg["channel"] == "account":
            wanted = [each for each in settled(self.section) if arg.get("ccy", each) == each]
            data = [balance_row(self.section, account, wanted)]
        else:
            every = self.section.house.listing.markets
            found = held(self.section, account, every) if markets is None else markets
            data = [
                position_row(self.section, account, market)
                for market in found
                if concerns(arg, market)
            ]
        told = {**arg, "uid": uid(account)}
        return {"arg": told, "eventType": event, "curPage": 1, "lastPage": True, "data": data}

    def _both(
        self,
        account: Account,
        event: str,
        assets: list[str],
        markets: tuple[Market, ...],
        trades: list[dict[str, str]],
    ) -> dict[str, Any]:
        now = milliseconds(self.section.clock.now())
        kept = ("posId", "tradeId", "instId", "instType", "mgnMode", "posSide", "pos", "ccy",
                "posCcy", "avgPx", "uTime")  # fmt: skip
        rows = [position_row(self.section, account, market) for market in markets]
        return {
            "pTime": now,
            "eventType": event,
            "balData": [
                {
                    "ccy": asset,
                    "cashBal": detail(self.section, account, asset)["cashBal"],
                    "uTime": now,
                }
                for asset in assets
                if asset in settled(self.section)
            ],
            "posData": [{name: row[name] for name in kept} for row in rows],
            "trades": trades,
        }

    def _tell(self, name: str, message: dict[str, Any]) -> None:
        for told in self.faults.events(name, message):
            self.topics.tell(name, told)

    def publish(self) -> None:
        """Account and positions again, each few seconds."""
        now = self.section.clock.milliseconds() // AGAIN
        if now == self._again:
            return
        self._again = now
        for number in list(self.args):
            account = self.section.house.books.accounts[number]
            listening = self._listening(account)
            self._states(account, listening, ("account", "positions"), None)


def topic(account: Account, arg: Arg) -> str:
    """The name of what is told to all who listen to the same of an account."""
    return f"{account.number} {orjson.dumps(arg, option=orjson.OPT_SORT_KEYS).decode()}"


def concerns(arg: Arg, market: Market) -> bool:
    """Whether a subscription is of a market too."""
    family = arg.get("instFamily") or arg.get("uly") or family_of(market)
    return (
        arg.get("instType", "ANY") in ("ANY", SWAP)
        and arg.get("instId", market.name) == market.name
        and family == family_of(market)
    )


def held(section: Section, account: Account, markets: tuple[Market, ...]) -> tuple[Market, ...]:
    """Markets in which an account has a position."""
    return tuple(each for each in markets if section.house.row(account, each).lots)


def order_push(section: Section, report: Report) -> dict[str, Any]:
    """An order as it was at that moment; what is of a fill is empty without one."""
    order, fill, market = report.order, report.fill, report.order.market
    worth = quote(market, order.lots * section.house.books.marks[market.number])
    return {
        **asked_row(order, report.status),
        **filled_row(order, report.filled, fill),
        "fillFee": cash(-fill.fee) if fill else "0",
        "fillFeeCcy": market.settle if fill else "",
        "fillPnl": cash(fill.realised if fill else 0),
        "fillNotionalUsd": quote(market, fill.price * fill.lots) if fill else "",
        "execType": ("M" if fill.maker else "T") if fill else "",
        "notionalUsd": worth,
        "lastPx": price(market, section.house.books.lasts[market.number]),
        "amendResult": "0" if report.what is Execution.AMENDMENT else "",
        "reqId": "",
        "code": "0",
        "msg": "",
        "uTime": milliseconds(report.at),
    }
