"""A trial's commands: what an account is told to do, from a seed."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Any

from engine.identity import client_order_id, record_id
from schemas.orders import Intent, OrderCommand, OrderDecision, OrderType, TimeInForce

SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
INSIDE = {"BTC/USDT:USDT": "61700", "ETH/USDT:USDT": "2680"}
"""A price between the best bid and ask, at which an order rests first in line."""
FAR = {"BTC/USDT:USDT": ("61000", "62400"), "ETH/USDT:USDT": ("2650", "2710")}
LIFE = 60_000_000_000


@dataclass
class Script:
    """The decisions of one account, in order."""

    account: str
    rng: random.Random
    made: list[OrderDecision] = field(default_factory=list)
    resting: list[OrderCommand] = field(default_factory=list)
    mainly: dict[str, str] = field(default_factory=dict)

    def write(self, count: int) -> list[OrderDecision]:
        """So many commands."""
        kinds = (
            self._market, self._market, self._inside, self._far, self._taking, self._post_only,
            self._cancel, self._modify, self._late, self._far, self.protected, self.protected,
            self._market, self._closing,
        )  # fmt: skip
        for _ in range(count):
            self.rng.choice(kinds)()
        return self.made

    def burst(self, count: int) -> list[OrderDecision]:
        """So many orders of one symbol at once, and a cancel of some."""
        symbol = self.rng.choice(SYMBOLS)
        for _ in range(count):
            side = self._side(symbol)
            self._rest(symbol=symbol, side=side, price=FAR[symbol][side == "sell"])
        self._cancel()
        return self.made

    def _market(self) -> None:
        self._place(type=OrderType.MARKET, quantity=self._size())

    def protected(self) -> None:
        """An entry at the market, or one that rests, with a stop and perhaps a target."""
        symbol = self.rng.choice(SYMBOLS)
        side = self._side(symbol)
        stop, target = FAR[symbol] if side == "buy" else FAR[symbol][::-1]
        more = {"symbol": symbol, "side": side, "quantity": self._size(), "stop": stop}
        if self.rng.random() < 0.6:
            more["target"] = target
        if self.rng.random() < 0.6:
            self._place(type=OrderType.MARKET, **more)
        else:
            limit = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
            self._place(price=INSIDE[symbol], **limit, **more)

    def _inside(self) -> None:
        symbol = self.rng.choice(SYMBOLS)
        self._rest(symbol=symbol, price=INSIDE[symbol])

    def _far(self) -> None:
        symbol = self.rng.choice(SYMBOLS)
        side = self._side(symbol)
        self._rest(symbol=symbol, side=side, price=FAR[symbol][side == "sell"])

    def _post_only(self) -> None:
        symbol = self.rng.choice(SYMBOLS)
        side = self._side(symbol)
        taking = self.rng.random() < 0.3
        price = FAR[symbol][(side == "sell") != taking]
        command = self._rest(symbol=symbol, side=side, price=price, post_only=True)
        if taking:
            self.resting.remove(command)

    def _taking(self) -> None:
        symbol = self.rng.choice(SYMBOLS)
        side = self._side(symbol)
        price = FAR[symbol][side == "buy"]
        force = self.rng.choice((TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC))
        more = {"symbol": symbol, "side": side, "price": price, "time_in_force": force}
        self._place(type=OrderType.LIMIT, quantity=self._size(), **more)

    def _late(self) -> None:
        self._place(type=OrderType.MARKET, quantity=self._size(), expires=time.time_ns() - 1)

    def _cancel(self) -> None:
        if not self.resting:
            return self._far()
        target = self.rng.choice(self.resting)
        orders = () if self.rng.random() < 0.2 else (target.client_order_id,)
        same = {"symbol": target.symbol, "side": target.side, "quantity": "0"}
        self._place(action="cancel", orders=orders, intent=Intent.ADJUST, **same)

    def _modify(self) -> None:
        if not self.resting:
            return self._far()
        target = self.rng.choice(self.resting)
        price = str(float(FAR[target.symbol][target.side == "sell"]) - 5).removesuffix(".0")
        self._place(
            action="modify", orders=(target.client_order_id,), intent=Intent.ADJUST,
            symbol=target.symbol, side=target.side, quantity="0", price=price,
        )  # fmt: skip

    def _closing(self) -> None:
        symbol = self.rng.choice(SYMBOLS)
        self._side(symbol)
        side = "sell" if self.mainly[symbol] == "buy" else "buy"
        told = {"symbol": symbol, "side": side, "reduce_only": True, "intent": Intent.REDUCE}
        self._place(type=OrderType.MARKET, quantity="0.01", **told)

    def _side(self, symbol: str) -> Any:
        """Mostly the one of the position: an entry against it is refused."""
        first = self.mainly.setdefault(symbol, self.rng.choice(("buy", "sell")))
        return first if self.rng.random() < 0.9 else self.rng.choice(("buy", "sell"))

    def _size(self) -> str:
        return self.rng.choice(("0.01", "0.02", "0.05"))

    def _rest(self, **more: Any) -> OrderCommand:
        more = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, **more}
        command = self._place(quantity=self._size(), **more)
        self.resting.append(command)
        return command

    def _place(self, **told: Any) -> OrderCommand:
        number = len(self.made)
        identity = record_id("orders", f"{self.account}|{number}", 0)
        symbol = told.get("symbol") or self.rng.choice(SYMBOLS)
        given = {
            "client_order_id": client_order_id(identity, self.account, 0),
            "account": self.account,
            "venue": "binance",
            "symbol": symbol,
            "intent": Intent.OPEN,
            "side": self._side(symbol),
            "expires": time.time_ns() + LIFE,
            **told,
        }
        command = OrderCommand.model_validate(given)
        key = f"{self.account}:{command.symbol}"
        seq = sum(1 for one in self.made if one.key == key)
        self.made.append(
            OrderDecision(
                id=identity, key=key, seq=seq, seen_time=time.time_ns(), account=self.account,
                venue="binance", symbol=command.symbol, outcome="approved", command=command,
            )
        )  # fmt: skip
        return command
