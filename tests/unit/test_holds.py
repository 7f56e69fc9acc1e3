"""What an account takes in with a hold is what it takes in with a whole step, without the order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.account import AccountState, Pending
from engine.orders import OrdersStage
from engine.spans import DAY
from engine.stage import Context
from gateway.backtests.stages import Stages
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from topics.settings import Settings

STAGE = Stages.of(
    Settings(broker_url="nowhere:9", risk={"drawdown": 0.1, "daily_loss": 0.05})
).orders
HOLD = Decision(
    key="x:A/B", seq=0, venue="x", symbol="A/B", strategy="main", verdict=Verdict.HOLD,
    seen_time=3 * DAY,
)  # fmt: skip
MONEY = st.sampled_from(["100", "96", "94", "89", "120"])


@st.composite
def accounts(draw: st.DrawFn) -> tuple[AccountState, Context]:
    """An account with an order that may be done, and news that may stop it."""
    state = AccountState("paper")
    if draw(st.booleans()):
        state.pending["one"] = Pending("one", "x", "A/B", "buy", DAY, "open")
    if draw(st.booleans()):
        state.reduced.add("A/B")
    if draw(st.booleans()):
        state.high = Decimal(draw(MONEY))
    if draw(st.booleans()):
        state.fallen = -1
    held = Portfolio(
        type="position", account="paper", venue="x", symbol="A/B", strategy="main",
        quantity=draw(st.sampled_from(["0", "1"])), last_order=draw(st.sampled_from([None, "one"])),
    )  # fmt: skip
    worth = Portfolio(
        type="account", account="paper", equity=draw(MONEY), day=3 * DAY, day_start="100",
        peak=draw(MONEY),
    )  # fmt: skip
    rows: dict[str, Any] = {"paper:A/B": held, "paper:*": worth}
    return state, Context(HOLD.key, HOLD.seen_time, {names.PORTFOLIO: rows}, ())


@given(accounts())
def test_news_are_taken_in_as_by_a_step_that_tells_nothing(
    one: tuple[AccountState, Context],
) -> None:
    state, context = one
    heard, whole = (AccountState.load(state.dump()) for _ in range(2))
    quiet = STAGE.hear(heard, HOLD, context)
    drafts = STAGE.step(whole, HOLD, context)
    first = drafts[0].record
    assert isinstance(first, OrderDecision)
    assert (first.outcome, quiet) == ("held", len(drafts) == 1)
    if quiet:
        assert heard.dump() == whole.dump()
        return
    assert STAGE.step(heard, HOLD, context) == drafts
    assert heard.dump() == whole.dump()


def test_some_news_are_told() -> None:
    """The law above holds of both kinds: a fall beyond the limit is told, a smaller one is not."""
    for equity, quiet in (("91", True), ("89", False)):
        worth = Portfolio(type="account", account="paper", equity=equity, peak="100")
        context = Context(HOLD.key, HOLD.seen_time, {names.PORTFOLIO: {"paper:*": worth}}, ())
        assert STAGE.hear(AccountState("paper"), HOLD, context) is quiet
    assert isinstance(STAGE, OrdersStage)
