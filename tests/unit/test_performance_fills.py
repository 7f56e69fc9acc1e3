"""What fills cost, why they were made, and how much of the time they held: each by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.analytics import Span, traded, trades
from engine.performance.attribution import (
    UNTOLD,
    Reasons,
    by_reason,
    by_way_out,
    general,
    journeys,
)
from engine.performance.exposure import exposure, turnover
from engine.performance.frictions import Friction, frictions
from engine.portfolio import PortfolioSettings
from engine.spans import DAY, SECOND
from schemas.decisions import Decision, Verdict, Vote
from schemas.instruments import Kind
from schemas.orders import Contract, Intent, OrderCommand, OrderDecision
from schemas.portfolio import Portfolio
from tests.unit.portfolio_play import INVERSE, LINEAR, SPOT, Play

D = Decimal
PLAIN = Contract(kind=Kind.LINEAR)
RULES = PortfolioSettings()


def bought(desk: Play, price: str, quantity: str, symbol: str = SPOT, **fields: Any) -> None:
    given = {"liquidity": "taker", "mark": "100", "event_time": 7, "client_order_id": "a"}
    desk.fill("buy", price, quantity, symbol, **{**given, **fields})


def test_a_walk_through_the_book_is_spread_and_impact() -> None:
    """Mid 100, touch 101: 2 at 101 and 3 at 103: spread 5 * 1, impact 3 * 2; decided at 99.5."""
    desk = Play()
    bought(desk, "101", "2")
    bought(desk, "103", "3")
    found = frictions(desk.statuses, RULES, {"a": D("99.5")})
    assert found == {SPOT: Friction(D(5), D(6), D("2.5"), 2, 0, 0)}


def test_a_later_moment_has_a_touch_of_its_own_and_so_has_another_order() -> None:
    desk = Play()
    bought(desk, "101", "1")
    bought(desk, "103", "1", event_time=8)
    bought(desk, "104", "1", client_order_id="b")
    assert frictions(desk.statuses, RULES)[SPOT] == Friction(D(8), D(0), D(0), 3, 0, 3)


def test_who_rests_earns_the_spread_and_sellers_are_the_mirror() -> None:
    desk = Play()
    bought(desk, "99", "2", liquidity="maker")
    desk.fill("sell", "98", "1", SPOT, liquidity="taker", mark="100", event_time=9)
    desk.fill("sell", "103", "1", SPOT, liquidity="maker", mark="100", event_time=9)
    found = frictions(desk.statuses, RULES)[SPOT]
    assert (found.spread, found.impact, found.undecided) == (D(-2 + 2 - 3), D(0), 1)


def test_what_rests_of_an_order_that_took_has_no_impact() -> None:
    desk = Play()
    bought(desk, "101", "2")
    bought(desk, "99", "2", liquidity="maker")
    assert frictions(desk.statuses, RULES)[SPOT] == Friction(D(0), D(0), D(0), 2, 0, 1)


def test_an_inverse_contract_is_valued_at_the_mid() -> None:
    """10 contracts of 100 at 40 instead of 50: 1000 / 40 - 1000 / 50 = 5 base, short of it."""
    desk = Play()
    desk.fill("sell", "40", "10", INVERSE, liquidity="taker", mark="50", event_time=1)
    assert frictions(desk.statuses, RULES)[INVERSE].spread == D(250)


def test_without_a_mid_nothing_is_told() -> None:
    desk = Play()
    bought(desk, "101", "2", mark=None)
    desk.mark("100", SPOT)
    assert frictions(desk.statuses, RULES) == {SPOT: Friction(fills=1, blind=1)}


@given(st.lists(st.tuples(st.booleans(), st.integers(90, 110), st.integers(1, 9)), max_size=9))
def test_the_parts_add_up_to_the_way_from_the_decision(rows: list[tuple[bool, int, int]]) -> None:
    desk = Play()
    shortfall = D(0)
    for number, (buys, price, quantity) in enumerate(rows):
        desk.fill(
            "buy" if buys else "sell", str(price), str(quantity), SPOT, client_order_id="a",
            liquidity="taker", mark=str(95 + number), event_time=number // 2,
        )  # fmt: skip
        shortfall += (D(price) - 97) * quantity * (1 if buys else -1)
    found = frictions(desk.statuses, RULES, {"a": D(97)}).get(SPOT, Friction())
    assert found.spread + found.impact + found.delay == shortfall


def test_a_reason_without_its_figures() -> None:
    told = {
        "close 61,800.1 below lower band 61791": "close # below lower band #",
        "trend down: SMA 61804.8 to 61812.7, -1.28 bps": "trend down: SMA # to #, # bps",
        "EMA20 +1.5e-07 apart": "EMA20 # apart",
        "2 of 3: close 1,234.5, 9 above": "# of #: close #, # above",
    }
    assert {reason: general(reason) for reason in told} == told
    assert len(general("x" * 999)) == 200


def decision(name: str, verdict: Verdict, *votes: Vote, **fields: Any) -> Decision:
    market = {"venue": "binance", "symbol": SPOT, "bid": ("99", "1"), "ask": ("102", "1")}
    return Decision.model_validate(
        {"id": name, "verdict": verdict, "votes": votes, **market, **fields}
    )


def order(cause: str, name: str, **fields: Any) -> OrderDecision:
    common = {"account": "paper", "venue": "binance", "symbol": SPOT}
    command = OrderCommand.model_validate(
        {"client_order_id": name, "intent": Intent.OPEN, "side": "buy", "quantity": "1",
         "expires": 0, **common}
    )  # fmt: skip
    given = {"cause": cause, "outcome": "approved", "command": command, **common, **fields}
    return OrderDecision.model_validate(given)


def vote(advisor: str, verdict: Verdict, *reasons: str) -> Vote:
    return Vote(advisor=advisor, verdict=verdict, confidence=1, weight=1, reasons=reasons)


def reasons() -> Reasons:
    known = Reasons()
    votes = (
        vote("rule", Verdict.LONG, "RSI 28 below 30", "close 9 above 8"),
        vote("flow", Verdict.SHORT, "pressure -1"),
        vote("flow", Verdict.LONG, "pressure +1"),
    )
    known.decision(decision("d1", Verdict.LONG, *votes))
    known.decision(decision("d2", Verdict.HOLD, vote("rule", Verdict.HOLD, "nothing")))
    known.decision(decision("d3", Verdict.EXIT, vote("rule", Verdict.EXIT, "RSI 71"), bid=None))
    known.order(order("d1", "a"))
    known.order(order("d3", "c"))
    known.order(order("d1", "p", origin="person"))
    known.order(order("d1", "r", outcome="refused"))
    return known


def test_an_order_leads_back_to_its_decisions_votes() -> None:
    known = reasons()
    assert known.reasons == {
        "a": ("rule: RSI # below #", "rule: close # above #", "flow: pressure #"),
        "c": ("rule: RSI #",),
        "p": ("by hand: person",),
    }
    assert known.mids == {"a": D("100.5")}


def test_round_trips_have_the_reasons_of_their_entry_and_their_way_out() -> None:
    desk = Play()
    for way in ({"client_order_id": "s", "parent": "a", "role": "stop"}, {"client_order_id": "c"},
                {"client_order_id": "p"}, {"client_order_id": "?"}):  # fmt: skip
        desk.fill("buy", "100", "1", SPOT, client_order_id="a")
        desk.fill("buy", "100", "1", SPOT, client_order_id="p")
        desk.fill("sell", "110", "2", SPOT, **way)
    desk.fill("sell", "5", "1", LINEAR, client_order_id="p", contract=PLAIN)
    desk.fill("buy", "6", "3", LINEAR, client_order_id="part", parent="a", contract=PLAIN)
    desk.fill("sell", "7", "2", LINEAR, client_order_id="c", contract=PLAIN)
    found = journeys(desk.statuses, RULES, reasons())
    ways = ["stop", "signal", "person", UNTOLD, "signal", "signal"]
    assert [each.way_out for each in found] == ways
    assert [each.side for each in found] == ["long"] * 4 + ["short", "long"]
    assert [each.reasons[0] for each in found] == ["rule: RSI # below #"] * 4 + [
        "by hand: person", "rule: RSI # below #",
    ]  # fmt: skip
    assert [(name, len(rows)) for name, rows in by_reason(found).items()] == [
        ("flow: pressure #", 5), ("rule: RSI # below #", 5), ("rule: close # above #", 5),
        ("by hand: person", 1),
    ]  # fmt: skip
    assert sum(len(rows) for rows in by_way_out(found).values()) == len(found)


@given(
    st.lists(
        st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 4), st.integers(1, 9)),
        max_size=12,
    )
)
def test_journeys_are_the_trips_of_the_pnl_command(rows: list[tuple[str, int, int]]) -> None:
    desk = Play()
    for side, quantity, price in rows:
        desk.now += 1
        desk.fill(side, str(price), str(quantity), LINEAR, contract=PLAIN, fee="0.1")
    known = [row for each in traded(desk.statuses, Span(), RULES).values() for row in each.trips]
    found = [each.trip for each in journeys(desk.statuses, RULES, Reasons())]
    assert found == known
    assert sum(trades(rows).closed for rows in by_reason(
        journeys(desk.statuses, RULES, Reasons())).values()) == len(known)  # fmt: skip


def account(
    at: int, equity: str, notional: str, positions: int, kind: str = "account"
) -> Portfolio:
    return Portfolio.model_validate(
        {"type": kind, "account": "paper", "equity": equity, "exposure": notional,
         "positions": positions, "seen_time": at}
    )  # fmt: skip


def test_exposure_is_a_mean_over_time() -> None:
    rows = [
        account(0, "100", "0", 0), account(6, "100", "200", 1), account(7, "9", "9", 1, "strategy"),
        account(8, "50", "50", 1), account(9, "40", "0", 0),
    ]  # fmt: skip
    found = exposure(rows, 10)
    assert found is not None
    assert (found.in_market, found.leverage, found.leverage_max) == (0.3, 0.5, 2.0)
    assert found.equity == 89.0  # 8 * 100, 50, 40 over 10
    assert exposure(rows[:1], 0) is None
    assert exposure([], 5) is None


def test_an_account_without_equity_has_no_leverage() -> None:
    found = exposure([account(0, "-5", "10", 1)], 4)
    assert found is not None
    assert (found.leverage, found.in_market) == (0, 1)


def test_turnover_is_of_the_mean_equity() -> None:
    assert turnover(D(500), 100.0, 73 * DAY) == (5.0, 25.0)
    assert turnover(D(500), 100.0, SECOND) == (5.0, None)
    assert turnover(D(500), 0.0, DAY) == (None, None)
