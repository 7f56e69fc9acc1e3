"""ccxt's dictionaries as the values of executor.venues.venue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from executor.venues.catalogue import Row
from executor.venues.names import Names
from executor.venues.numbers import ns, plain, positive
from executor.venues.venue import Order, VenueBalance, VenueFill, VenueOrder, VenuePosition
from schemas.orders import OrderType, TimeInForce
from schemas.ticks import Side

State = Literal["open", "filled", "cancelled", "rejected", "expired"]
STATES: dict[str | None, State] = {
    "open": "open",
    "canceling": "open",
    "closed": "filled",
    "canceled": "cancelled",
    "expired": "expired",
    "rejected": "rejected",
}
TRIGGERS = ("triggerPrice", "stopPrice", "stopLossPrice", "takeProfitPrice")
WAITING = {"Untriggered"}
OKX_WAITING = ("conditional", "trigger", "oco", "move_order_stop")


class Reader:
    """Reads orders and executions of one venue; names: as it spells them."""

    def __init__(self, row: Row, names: Names) -> None:
        self.row, self.names = row, names

    def order(self, raw: dict[str, Any], asked: Order | VenueOrder | None = None) -> VenueOrder:
        """An order. asked: what the answer leaves out is taken from it. Raises ValueError."""
        quantity = plain(raw.get("amount")) or (asked.quantity if asked else "0")
        filled = plain(raw.get("filled")) or "0"
        trigger = first(raw, TRIGGERS) or (asked.trigger if asked else None)
        price = price_of(raw) or (asked.price if asked else None)
        state = state_of(raw, quantity, filled)
        return VenueOrder(
            name=self.name(raw) or (asked.name if asked else None),
            number=number_of(raw) or (asked.number if isinstance(asked, VenueOrder) else ""),
            symbol=raw.get("symbol") or (asked.symbol if asked else ""),
            state=state,
            side=side(raw.get("side") or (asked.side if asked else None)),
            type=kind_of(raw, asked, price, trigger),
            quantity=quantity,
            filled=filled,
            price=price,
            trigger=trigger,
            average=positive(raw.get("average")),
            reduce_only=bool(raw.get("reduceOnly") or (asked and asked.reduce_only)),
            conditional=trigger is not None and state == "open" and waits(raw),
            time_in_force=force_of(raw, asked),
            at=ns(raw.get("lastUpdateTimestamp") or raw.get("lastTradeTimestamp")),
        )

    def fill(self, raw: dict[str, Any], streamed: bool = False) -> VenueFill:
        """An execution. Raises ValueError."""
        cost, currency = fee_of(raw)
        if streamed and self.row.gains:
            cost = plain(-Decimal(cost)) or "0"
        return VenueFill(
            trade=str(raw["id"]),
            number=str(info_of(raw).get("ordId") or raw["order"]),
            name=self.name(raw),
            symbol=raw["symbol"],
            side=side(raw["side"]),
            price=plain(raw["price"]) or "0",
            quantity=plain(raw["amount"]) or "0",
            fee=cost,
            currency=currency,
            liquidity="maker" if raw.get("takerOrMaker") == "maker" else "taker",
            at=ns(raw["timestamp"]) or 0,
        )

    def name(self, raw: dict[str, Any]) -> str | None:
        """Our name of it, where it has one."""
        info = info_of(raw)
        texts = (raw.get("clientOrderId"), *(info.get(each) for each in self.row.fill_names))
        return next((found for text in texts if text and (found := self.names.read(text))), None)


def info_of(raw: dict[str, Any]) -> dict[str, Any]:
    """What the venue said itself."""
    told = raw.get("info")
    return told if isinstance(told, dict) else {}


def number_of(raw: dict[str, Any]) -> str:
    """The order's number; of OKX's orders that a trigger has made, their own and not its."""
    info = info_of(raw)
    own = None if info.get("ordType") in OKX_WAITING else info.get("ordId")
    return str(own or raw.get("id") or "")


def price_of(raw: dict[str, Any]) -> str | None:
    """The limit; of OKX's orders that wait, the one that they will have (-1: none)."""
    info = info_of(raw)
    later = (info.get(name) for name in ("slOrdPx", "tpOrdPx", "ordPx"))
    texts = (raw.get("price"), *(text for text in later if text != "-1"))
    return next((found for text in texts if (found := positive(text))), None)


def first(raw: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these prices that there is."""
    return next((text for name in names if (text := positive(raw.get(name)))), None)


def state_of(raw: dict[str, Any], quantity: str, filled: str) -> State:
    """An order that is closed with less than its quantity was cancelled; not told: open."""
    state = STATES.get(raw.get("status"), "open")
    short = Decimal(filled) < Decimal(quantity)
    return "cancelled" if state == "filled" and short else state


def kind_of(
    raw: dict[str, Any], asked: Order | VenueOrder | None, price: str | None, trigger: str | None
) -> OrderType:
    """Of four, by having a limit and a trigger."""
    named = str(raw.get("type") or "").lower()
    if not named and asked is not None:
        return asked.type
    limited = "limit" in named or (named not in ("market", "stop_market") and price is not None)
    if trigger is not None:
        return OrderType.STOP_LIMIT if limited else OrderType.STOP
    return OrderType.LIMIT if limited else OrderType.MARKET


def side(told: Any) -> Side:
    """Raises ValueError for what is none."""
    if told not in ("buy", "sell"):
        raise ValueError(f"not a side: {told!r}")
    return "buy" if told == "buy" else "sell"


def force_of(raw: dict[str, Any], asked: Order | VenueOrder | None) -> TimeInForce:
    """GTC where it is another than ours (a post-only order is GTC too)."""
    told = str(raw.get("timeInForce") or (asked.time_in_force if asked else "gtc")).lower()
    return next((each for each in TimeInForce if each.value == told), TimeInForce.GTC)


def waits(raw: dict[str, Any]) -> bool:
    """Whether an open order with a trigger has not been woken up."""
    status = info_of(raw).get("orderStatus")
    return status is None or status in WAITING


def fee_of(raw: dict[str, Any]) -> tuple[str, str]:
    """What is paid, and in which currency; the settlement currency where nothing is told."""
    fees = [raw["fee"]] if raw.get("fee") else raw.get("fees") or []
    told = [each for each in fees if each.get("cost") is not None]
    if not told:
        return "0", str(raw["symbol"]).rpartition("/")[2].rpartition(":")[2]
    currency = told[0].get("currency") or ""
    total = sum(Decimal(str(each["cost"])) for each in told if each.get("currency") == currency)
    return plain(total) or "0", currency


def position(raw: dict[str, Any]) -> VenuePosition | None:
    """A position, None for one that ccxt does not tell the size of."""
    size = plain(raw.get("contracts"))
    if size is None or not raw.get("symbol"):
        return None
    short = raw.get("side") == "short" and size != "0"
    return VenuePosition(
        symbol=raw["symbol"],
        quantity=f"-{size.removeprefix('-')}" if short else size,
        entry=positive(raw.get("entryPrice")),
        mark=positive(raw.get("markPrice")),
        margin=positive(raw.get("collateral") or raw.get("initialMargin")),
        liquidation=positive(raw.get("liquidationPrice")),
        leverage=positive(raw.get("leverage")),
    )


def balances(raw: dict[str, Any]) -> list[VenueBalance]:
    """Money of each currency that ccxt tells the whole of."""
    free = raw.get("free") or {}
    return [
        VenueBalance(currency, plain(total) or "0", plain(free.get(currency)))
        for currency, total in sorted((raw.get("total") or {}).items())
        if total is not None
    ]
