"""Lists of instruments as their venues' REST of today gives them, for ccxt to read on a local port.

Lists of an older form are put into today's; figures stay. What each instrument should be is read
from the list itself, without ccxt.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web

from tests.unit.venue_tables import rows

Row = dict[str, Any]


class Steps(NamedTuple):
    """What an instrument should be; figures are texts or numbers, None where no list tells them."""

    tick: Any
    lot: Any
    least: Any
    notional: Any = None
    size: Any = "1"
    trading: bool = True


class List(NamedTuple):
    """A shipped list: whose, which requests have it for an answer, and what it says.

    answered: a part of the request's path (and query), and the answer of these rows.
    """

    venue: str
    client: str
    file: str
    answered: Callable[[list[Row]], Iterator[tuple[str, Any]]]
    steps: Callable[[Row], Steps]


def digits(places: Any) -> str:
    """The step of so many decimal places."""
    return f"1e-{int(places)}"


def _filters(row: Row) -> dict[str, Row]:
    return {each["filterType"]: each for each in row["filters"]}


def _binance(row: Row) -> Steps:
    found = _filters(row)
    price, lot, cost = (found[name] for name in ("PRICE_FILTER", "LOT_SIZE", "MIN_NOTIONAL"))
    steps = Steps(price["tickSize"], lot["stepSize"], lot["minQty"], cost["notional"])
    return steps._replace(trading=row["status"] == "TRADING")


def _okx(row: Row) -> Steps:
    steps = Steps(row["tickSz"], row["lotSz"], row["minSz"], None, row["ctVal"] or "1")
    return steps._replace(trading=row["state"] == "live")


def _bitget_today(row: Row) -> Row:
    base, quote = row["symbol"].split("_")
    return {
        "symbol": base + quote, "baseCoin": base, "quoteCoin": quote, "status": row["status"],
        "minTradeAmount": "0", "minTradeUSDT": "1", "pricePrecision": row["tick_size"],
        "quantityPrecision": row["size_increment"], "quotePrecision": row["tick_size"],
    }  # fmt: skip


def _bitget(row: Row) -> Steps:
    tick, lot = digits(row["tick_size"]), digits(row["size_increment"])
    cost = "1" if row["quote_currency"] == "USDT" else None
    return Steps(tick, lot, lot, cost, "1", row["status"] == "online")


BYBIT_ENDS = {"U23": "1695945600000", "Z23": "1703808000000"}
"""When quarterly futures of 2023 ended, in ms."""


def _bybit_today(row: Row) -> Row:
    ends = BYBIT_ENDS.get(row["name"][-3:], "0")
    base, quote, lot = row["base_currency"], row["quote_currency"], row["lot_size_filter"]
    kind = ("Inverse" if quote == "USD" else "Linear") + ("Perpetual" if ends == "0" else "Futures")
    return {
        "symbol": row["name"], "contractType": kind, "status": row["status"], "baseCoin": base,
        "quoteCoin": quote, "settleCoin": base if quote == "USD" else quote, "deliveryTime": ends,
        "fundingInterval": row["funding_interval"],
        "priceFilter": {"tickSize": row["price_filter"]["tick_size"]},
        "lotSizeFilter": {
            "qtyStep": str(lot["qty_step"]), "minOrderQty": str(lot["min_trading_qty"]),
            "minNotionalValue": "5",
        },
    }  # fmt: skip


def _bybit_answers(found: list[Row]) -> Iterator[tuple[str, Any]]:
    today = [_bybit_today(row) for row in found]
    for kind in ("Linear", "Inverse"):
        some = [row for row in today if row["contractType"].startswith(kind)]
        answer = {"retCode": 0, "result": {"category": kind.lower(), "list": some}}
        yield f"instruments-info?category={kind.lower()}&limit=1000", answer


def _bybit(row: Row) -> Steps:
    lot = row["lot_size_filter"]
    tick, least = row["price_filter"]["tick_size"], lot["min_trading_qty"]
    size = least if row["quote_currency"] == "USD" else "1"
    return Steps(tick, lot["qty_step"], least, "5", size, row["status"] == "Trading")


def _coinbase(row: Row) -> Steps:
    tick, lot, trading = row["quote_increment"], row["base_increment"], row["status"] == "online"
    return Steps(tick, lot, lot, row["min_market_funds"], "1", trading)


def _gate_spot(row: Row) -> Steps:
    tick, lot = digits(row["precision"]), digits(row["amount_precision"])
    least, cost = row.get("min_base_amount", lot), row.get("min_quote_amount")
    return Steps(tick, lot, least, cost, "1", row["trade_status"] == "tradable")


def _gate_swap(row: Row) -> Steps:
    size, trading = row["quanto_multiplier"], not row["in_delisting"]
    return Steps(row["order_price_round"], "1", row["order_size_min"], None, size, trading)


def _htx_spot(row: Row) -> Steps:
    tick, lot = digits(row["price-precision"]), digits(row["amount-precision"])
    least, cost = row["limit-order-min-order-amt"], row["min-order-value"]
    return Steps(tick, lot, least, cost, "1", row["state"] == "online")


def _htx_swap(row: Row) -> Steps:
    trading = row["contract_status"] == 1
    return Steps(row["price_tick"], "1", "1", None, row["contract_size"], trading)


def _kraken(row: Row) -> Steps:
    lot, trading = digits(row["lot_decimals"]), row["status"] == "online"
    return Steps(row["tick_size"], lot, row["ordermin"], row["costmin"], "1", trading)


def _kraken_answers(found: list[Row]) -> Iterator[tuple[str, Any]]:
    yield "/public/AssetPairs", {"error": [], "result": {row["altname"]: row for row in found}}
    names: dict[str, Row] = {}
    for row in found:
        for part, name in zip(("base", "quote"), row["wsname"].split("/"), strict=True):
            names[row[part]] = {"altname": name, "decimals": 8, "status": "enabled"}
    yield "/public/Assets", {"error": [], "result": names}


def _kucoin(row: Row) -> Steps:
    steps = Steps(row["priceIncrement"], row["baseIncrement"], row["baseMinSize"])
    return steps._replace(notional=row["quoteMinSize"], trading=row["enableTrading"])


def _mexc_today(row: Row) -> Row:
    base, quote = row["symbol"].split("_")
    return {
        "symbol": base + quote, "status": row["state"], "baseAsset": base, "quoteAsset": quote,
        "baseAssetPrecision": row["quantity_scale"], "quoteAssetPrecision": row["price_scale"],
        "baseSizePrecision": "0", "quoteAmountPrecision": row["min_amount"],
        "isSpotTradingAllowed": not row["limited"],
    }  # fmt: skip


def _mexc_spot(row: Row) -> Steps:
    tick, lot = digits(row["price_scale"]), digits(row["quantity_scale"])
    trading = row["state"] == "1" and not row["limited"]
    return Steps(tick, lot, lot, row["min_amount"], "1", trading)


def _mexc_swap(row: Row) -> Steps:
    tick, lot, size = row["priceUnit"], row["volUnit"], row["contractSize"]
    return Steps(tick, lot, row["minVol"], None, size, row["state"] == 0)


def answering(
    place: str, name: str, made: Callable[[Row], Row] | None = None, code: str = "0"
) -> Any:
    """Rows under `name` of an answer; "" where the answer is the rows."""

    def answered(found: list[Row]) -> Iterator[tuple[str, Any]]:
        given = found if made is None else [made(row) for row in found]
        yield place, {"code": code, "status": "ok", name: given} if name else given

    return answered


LISTS = (
    List(
        "binance", "binance", "binance.linear.2022-12-06.json.gz",
        answering("fapi/v1/exchangeInfo", "symbols"), _binance,
    ),
    List(
        "okx", "okx", "okx.SPOT.2025-05-08.json.gz", answering("instType=SPOT", "data"), _okx,
    ),
    List(
        "okx", "okx", "okx.SWAP.2025-05-08.json.gz", answering("instType=SWAP", "data"), _okx,
    ),
    List(
        "bitget", "bitget", "bitget.spot.2025-05-08.json.gz",
        answering("v2/spot/public/symbols", "data", _bitget_today, "00000"), _bitget,
    ),
    List("bybit", "bybit", "bybit.all.2023-07-11.json.gz", _bybit_answers, _bybit),
    List(
        "coinbase", "coinbaseexchange", "coinbase_pro.spot.2024-11-29.json.gz",
        answering("/products", ""), _coinbase,
    ),
    List(
        "gate", "gate", "gate.spot.2025-05-08.json.gz",
        answering("spot/currency_pairs", ""), _gate_spot,
    ),
    List(
        "gate", "gate", "gate.linear_swap.2025-05-08.json.gz",
        answering("futures/usdt/contracts", ""), _gate_swap,
    ),
    List(
        "htx", "htx", "huobi.spot.2025-05-08.json.gz",
        answering("v1/common/symbols", "data"), _htx_spot,
    ),
    List(
        "htx", "htx", "huobi.linear_swap.2025-05-07.json.gz",
        answering("linear-swap-api/v1/swap_contract_info", "data"), _htx_swap,
    ),
    List("kraken", "kraken", "kraken.spot.2025-05-08.json.gz", _kraken_answers, _kraken),
    List(
        "kucoin", "kucoin", "kucoin.spot.2025-05-08.json.gz",
        answering("v2/symbols", "data", None, "200000"), _kucoin,
    ),
    List(
        "mexc", "mexc", "mxc.spot.2025-05-08.json.gz",
        answering("mexc.com/api/v3/exchangeInfo", "symbols", _mexc_today), _mexc_spot,
    ),
    List(
        "mexc", "mexc", "mxc.swap.2025-05-08.json.gz",
        answering("contract/detail", "data"), _mexc_swap,
    ),
)  # fmt: skip
EMPTY: Mapping[str, Any] = {
    "api.gateio.ws": [], "api.bitget.com": {"code": "00000", "data": []},
    "api.exchange.coinbase.com": [],
    "api.coinbase.com": {"data": {"rates": {}}},
    "api.kucoin.com": {"code": "200000", "data": []},
    "api-futures.kucoin.com": {"code": "200000", "data": []},
    "api.bybit.com": {"retCode": 0, "result": {"list": []}},
    "": {"code": "0", "data": [], "symbols": [], "result": {}, "error": [], "instruments": []},
}  # fmt: skip
"""Answers of a venue (by its host) to all other requests."""


@asynccontextmanager
async def listing_venues(
    answers: Mapping[str, Any], down: set[str] | None = None
) -> AsyncIterator[str]:
    """All venues' REST on one port; gives what stands for "https://". down: hosts of 503."""

    async def answer(request: web.Request) -> web.Response:
        asked = f"{request.path}?{request.query_string}"
        host = request.path.split("/")[1]
        if down and host in down:
            return web.Response(status=503, text="away")
        for place, found in answers.items():
            if place in asked:
                return web.json_response(found)
        return web.json_response(EMPTY.get(host, EMPTY[""]))

    app = web.Application()
    app.router.add_get("/{anything:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def all_answers() -> dict[str, Any]:
    """Those of all lists."""
    return {place: given for each in LISTS for place, given in each.answered(rows(each.file))}
