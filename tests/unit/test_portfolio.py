"""Positions and PnL: exact to the last unit, against a cash-flow formula of a few lines."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.costs import EXACT, text
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.portfolio import Portfolio
from schemas.statuses import OrderState, Status
from schemas.system import Snapshot
from schemas.ticks import Side
from tests.recorded import long

Fill = tuple[Side, str, str]
SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT")


def status(seq: int, symbol: str = SYMBOLS[0], **fields: object) -> Status:
    """A statuses record of the account `paper`; `seq` counts per symbol."""
    body = {"type": "mark", "account": "paper", "venue": "binance", "symbol": symbol, **fields}
    record = Status.model_validate(body)
    key = f"paper:{symbol}"
    return record.identified(
        id=f"{symbol}{seq}", cause="", seq=seq, key=key, seen_time=seq, clock=False
    )


def fill(seq: int, one: Fill, symbol: str = SYMBOLS[0], fee: str = "0") -> Status:
    side, price, quantity = one
    return status(
        seq, symbol, type="fill", side=side, price=price, quantity=quantity, fee=fee,
        client_order_id=f"tl{seq}", state=OrderState.FILLED,
    )  # fmt: skip


def play(records: list[Status], stage: PortfolioStage | None = None) -> list[Output]:
    cell = Cell.fresh(stage or PortfolioStage(), "paper")
    return [out for record in records for out in cell.take(names.STATUSES, record)]


def last(outputs: list[Output], key: str) -> Portfolio:
    return cast(Portfolio, [out.record for out in outputs if out.key == key][-1])


def test_a_fee_in_a_third_currency_is_no_quote() -> None:
    bought = fill(0, ("buy", "100", "1"), fee="0.5").model_copy(update={"fee_currency": "BNB"})
    assert last(play([bought]), "paper:*").fees == "0"
    assert last(play([fill(0, ("buy", "100", "1"), fee="0.5")]), "paper:*").fees == "0.5"


def test_a_position_is_worth_what_its_own_venue_says() -> None:
    elsewhere = status(1, mark="500").model_copy(update={"venue": "kraken"})
    held = last(play([fill(0, ("buy", "100", "1")), elsewhere]), f"paper:{SYMBOLS[0]}")
    assert (held.venue, held.mark, held.unrealised) == ("binance", "100", "0")
    told = last(play([fill(0, ("buy", "100", "1")), elsewhere, status(2, mark="101")]), "paper:*")
    assert told.unrealised == "1"
    flat = [fill(0, ("buy", "100", "1")), fill(1, ("sell", "100", "1"))]
    gone = status(2, mark="500").model_copy(update={"venue": "kraken"})
    assert last(play([*flat, gone]), f"paper:{SYMBOLS[0]}").mark == "500"


DAY_NS = 86_400 * 10**9
TOLD: list[Status] = [
    fill(0, ("buy", "100", "2"), fee="0.5"),
    status(1, type="status", client_order_id="a", state=OrderState.OPEN, mark="100"),
    status(
        2, type="status", client_order_id="b", state=OrderState.OPEN, mark="100.0", role="stop",
        price="90",
    ),
    status(0, SYMBOLS[1], mark="7"),
    status(3, mark="101"),
    status(4, type="funding", amount="0.25", price="0.0001", mark="101"),
    status(5, type="status", client_order_id="a", state=OrderState.CANCELLED, mark="101"),
    status(6, mark="101").model_copy(update={"seen_time": DAY_NS}),
    status(7, mark="101").model_copy(update={"seen_time": DAY_NS}),
    fill(8, ("sell", "101", "2")),
    status(9, mark="101"),
]  # fmt: skip
"""Most change no figure: a row is the last one but for its orders."""


def test_a_row_made_of_the_last_one_is_that_of_an_account_which_was_restored() -> None:
    cell = Cell.fresh(PortfolioStage(), "paper")
    for each in TOLD:
        afresh = Cell.restore(PortfolioStage(), cell.snapshot())
        made = [encode(out.record) for out in cell.take(names.STATUSES, each)]
        assert made == [encode(out.record) for out in afresh.take(names.STATUSES, each)]


def test_no_row_that_was_told_changes_any_more() -> None:
    cell = Cell.fresh(PortfolioStage(), "paper")
    told: list[tuple[Output, bytes]] = []
    for each in TOLD:
        told += [(out, encode(out.record)) for out in cell.take(names.STATUSES, each)]
    assert [encode(out.record) for out, _ in told] == [before for _, before in told]


sides: st.SearchStrategy[Side] = st.sampled_from(("buy", "sell"))
prices = st.integers(1, 10**14).map(lambda units: text(Decimal(units).scaleb(-8)))
quantities = st.integers(1, 10**24).map(lambda units: text(Decimal(units).scaleb(-18)))
round_lots = st.integers(1, 5).map(str)
fills = st.tuples(sides, prices, quantities | round_lots)


@pytest.mark.parametrize(
    ("script", "quantity", "entry", "realised"),
    [
        ([("buy", "100", "2")], "2", "100", "0"),
        ([("buy", "100", "2"), ("buy", "106", "1")], "3", "102", "0"),
        ([("buy", "100", "2"), ("sell", "110", "1")], "1", "100", "10"),
        ([("sell", "100", "2"), ("buy", "90", "2")], "0", None, "20"),
        ([("buy", "100", "2"), ("sell", "110", "5")], "-3", "110", "20"),
        ([("sell", "100", "1"), ("buy", "90", "3")], "2", "90", "10"),
        ([("buy", "1", "1"), ("buy", "2", "2")], "3", "1.6666666666666666667", "0"),
    ],
)
def test_positions(script: list[Fill], quantity: str, entry: str | None, realised: str) -> None:
    told = last(play([fill(n, one) for n, one in enumerate(script)]), "paper:BTC/USDT:USDT")
    assert (told.quantity, told.entry, told.realised) == (quantity, entry, realised)


@given(st.lists(fills, min_size=1, max_size=12), prices)
def test_profit_is_the_cash_flow_to_the_last_unit(script: list[Fill], mark: str) -> None:
    records = [fill(n, one) for n, one in enumerate(script)] + [status(len(script), mark=mark)]
    told = last(play(records), "paper:BTC/USDT:USDT")
    cash, held = Fraction(0), Fraction(0)
    for side, price, quantity in script:
        signed = Fraction(quantity) * (1 if side == "buy" else -1)
        cash -= signed * Fraction(price)
        held += signed
    assert Fraction(told.quantity) == held
    assert Fraction(told.realised) + Fraction(told.unrealised) == cash + held * Fraction(mark)
    if not held:
        assert Fraction(told.realised) == cash
        assert told.unrealised == "0"


@given(st.lists(fills, min_size=1, max_size=12))
def test_realised_is_by_average_price_and_only_the_split_is_rounded(script: list[Fill]) -> None:
    told = last(play([fill(n, one) for n, one in enumerate(script)]), "paper:BTC/USDT:USDT")
    held, average, realised = Fraction(0), Fraction(0), Fraction(0)
    for side, price, quantity in script:
        signed, at = Fraction(quantity) * (1 if side == "buy" else -1), Fraction(price)
        closed = min(abs(signed), abs(held)) if held * signed < 0 else Fraction(0)
        realised += closed * (at - average) * (1 if held > 0 else -1)
        if held * signed >= 0:
            average = (average * held + at * signed) / (held + signed)
        elif abs(signed) > abs(held):
            average = at
        held += signed
    # each rounding of a cost is half of 10^-26, and the closes that follow only scale it down
    assert abs(Fraction(told.realised) - realised) <= len(script) * Fraction(1, 10**26)
    if held:
        assert told.entry is not None
        drift = len(script) * Fraction(1, 10**26) / abs(held)
        assert abs(Fraction(told.entry) - average) <= drift + average / 10**19


@given(st.lists(st.tuples(st.sampled_from(SYMBOLS), fills, prices), min_size=1, max_size=8))
def test_the_account_is_the_sum_of_its_positions(
    script: list[tuple[str, Fill, str]],
) -> None:
    sequences = dict.fromkeys(SYMBOLS, 0)
    records = []
    for symbol, one, fee in script:
        records.append(fill(sequences[symbol], one, symbol, fee))
        sequences[symbol] += 1
    outputs = play(records, PortfolioStage(PortfolioSettings(accounts={"paper": Decimal(500)})))
    account = last(outputs, "paper:*")
    held = [last(outputs, f"paper:{symbol}") for symbol in SYMBOLS if sequences[symbol]]
    with localcontext(EXACT):
        for name in ("realised", "unrealised", "fees", "exposure"):
            parts = [Decimal(getattr(position, name)) for position in held]
            assert Decimal(getattr(account, name)) == sum(parts)
        assert Decimal(account.equity or "") == (
            500 + Decimal(account.realised) - Decimal(account.fees) + Decimal(account.unrealised)
        )
    assert account.fills == len(script)
    assert account.positions == sum(position.quantity != "0" for position in held)
    assert Decimal(account.fees) == sum(Decimal(fee) for _, _, fee in script)


@given(st.lists(fills | prices, min_size=1, max_size=12), st.integers(0, 12))
@settings(max_examples=long(60, 20))
def test_snapshot_and_restore_anywhere_change_nothing(script: list[Fill | str], place: int) -> None:
    records = [
        status(n, mark=one) if isinstance(one, str) else fill(n, one, fee="0.1")
        for n, one in enumerate(script)
    ]
    cell = Cell.fresh(PortfolioStage(), "paper")
    told: list[bytes] = []
    for n, record in enumerate(records):
        if n == place:
            snapshot = decode(Snapshot, encode(cell.snapshot()))
            cell = Cell.restore(PortfolioStage(), snapshot)
            assert orjson.loads(orjson.dumps(cell.stage.dump(cell.state))) == snapshot.state
        told += [encode(out.record) for out in cell.take(names.STATUSES, record)]
    assert told == [encode(out.record) for out in play(records)]


def test_every_record_tells_its_position_and_the_account() -> None:
    outputs = play([status(0, mark="5"), fill(1, ("buy", "5", "1"))])
    assert [out.key for out in outputs] == ["paper:BTC/USDT:USDT", "paper:*"] * 2


def test_the_last_order_is_the_last_that_came_to_an_end() -> None:
    part: dict[str, Any] = {"client_order_id": "tl9", "state": OrderState.PARTIALLY_FILLED}
    double: dict[str, Any] = {"type": "rejection", "client_order_id": "tl8", "state": None}
    done = fill(0, ("buy", "5", "1"))
    outputs = play([done, status(1, **part), status(2, **double)])
    assert last(outputs, "paper:BTC/USDT:USDT").last_order == "tl0"
    ended = status(3, type="status", client_order_id="tl9", state=OrderState.CANCELLED)
    outputs = play([done, status(1, **part), status(2, **double), ended])
    assert last(outputs, "paper:BTC/USDT:USDT").last_order == "tl9"


def test_a_fill_without_a_mark_is_marked_at_its_own_price() -> None:
    told = last(play([fill(0, ("sell", "7", "2"))]), "paper:BTC/USDT:USDT")
    assert (told.mark, told.unrealised, told.exposure) == ("7", "0", "14")


def test_money_is_told_without_exponent() -> None:
    told = last(play([fill(0, ("buy", "0.00000001", "0.000000000000000001"))]), "paper:*")
    assert told.exposure == "0.00000000000000000000000001"
    assert told.unrealised == "0"
