"""Whatever happens: what is held is covered once, or its time runs, or it is being closed."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.protection.actions import Action, Cancel, CloseNow, Place, Replace
from engine.protection.events import EntryFilled, PositionIs, PriceIs, Protect, Tick
from engine.protection.machine import wakes, watched
from engine.protection.state import SECOND
from tests.recorded import long
from tests.unit.protecting import DERIVATIVES, PAIR, SPOT, Guard, terms
from tests.unit.protection_venue import Answer, Books

NAMED = (PAIR, terms("95"), terms("98", trailing="2"), terms(trailing="1%", activation="102"),
         terms("96", "104", lasts=20 * SECOND), terms("90", "110"))  # fmt: skip
ANSWERS: tuple[Answer, ...] = ("yes", "yes", "yes", "no", "lost", "recreate", "split", "broken")

MOVE = st.one_of(
    st.tuples(st.just("enter"), st.integers(0, 5), st.integers(0, 7)),
    st.tuples(st.just("answer"), st.integers(0, 7), st.integers(0, 1)),
    st.tuples(st.just("answer"), st.integers(0, 2), st.integers(0, 1)),
    st.tuples(st.just("fill"), st.integers(0, 3), st.integers(1, 3)),
    st.tuples(st.just("lose"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("hand"), st.integers(-3, 3), st.just(0)),
    st.tuples(st.just("price"), st.integers(90, 110), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.integers(1, 20), st.just(0)),
    st.tuples(st.just("protect"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
)


def move(books: Books, kind: str, first: int, second: int) -> None:
    guard = books.guard
    match kind:
        case "enter":
            side, size = ("buy", "sell")[second % 2], Decimal(1 + second // 4)
            books.held += size if side == "buy" else -size
            order = f"o{second % 4}"
            price = Decimal(100)
            books.hear(EntryFilled(order, side, size, price, NAMED[first], guard.now))  # type: ignore[arg-type]
        case "answer":
            books.answer(ANSWERS[first])
        case "fill":
            books.fill(first, second)
        case "lose":
            books.lose(first)
        case "hand":
            later(books, 2 * SECOND)
            books.held += first
            books.hear(PositionIs(books.held, guard.now))
            later(books, 2 * SECOND)
        case "price":
            later(books, second * SECOND // 10)
            books.hear(PriceIs(Decimal(first), guard.now))
        case "wait":
            later(books, first * SECOND // 10)
        case "protect":
            books.hear(Protect("person", NAMED[first], guard.now))
        case "restart":
            guard.restart()


def later(books: Books, after: int) -> None:
    """Time passes, with a Tick whenever one is due."""
    end = books.guard.now + after
    for _ in range(100):
        due = wakes(books.state, books.guard.settings)
        if due is None or due > end:
            break
        books.guard.now = max(books.guard.now, due)
        books.hear(Tick(books.guard.now))
        assert wakes(books.state) is None or wakes(books.state) > books.guard.now  # type: ignore[operator]
    books.guard.now = end
    books.hear(Tick(end))


def holds(books: Books) -> None:
    """What must be true after every event, by the venue's own books."""
    state = books.state
    assert state.held == books.held
    asked = {each.name for each in books.asked if isinstance(each, Cancel)}
    for order in (*books.of("stop"), *books.of("target")):
        if order.side != books.leaves or not books.held:
            assert order.cancelled or order.name in asked, "it would protect nothing"
    assert len(books.of("stop", lambda one: one.side == books.leaves)) <= 1
    assert len(books.of("target", lambda one: one.side == books.leaves)) <= 1
    if not books.held:
        assert state.closing is None
        assert wakes(state) is None or state.leaving
        return
    closes = books.of("close", lambda one: one.side == books.leaves)
    if state.closing is not None:
        due = wakes(state)
        assert closes or (due is not None and due <= state.now + books.guard.settings.again)
    elif state.stop is not None and not watched(state, "stop"):
        covered(books)


def covered(books: Books) -> None:
    """By one stop of equal quantity that works, or a time runs in which it must come."""
    now, within = books.guard.now, books.guard.settings.within
    running = [by for _, by in books.state.due]
    assert all(now < by <= now + within for by in running)
    if running:
        return
    (stop,) = books.of("stop", lambda one: one.side == books.leaves)
    changes = [each for each in books.asked if isinstance(each, Replace) and each.name == stop.name]
    assert stop.live
    assert not stop.cancelled
    assert stop.rest == abs(books.held) or changes
    assert stop.rest >= abs(books.held)


@settings(max_examples=long(400, 133), deadline=None)
@given(st.lists(MOVE, max_size=40), st.booleans())
def test_what_is_held_is_covered_or_about_to_be(
    moves: list[tuple[str, int, int]], derivatives: bool
) -> None:
    books = Books(Guard(DERIVATIVES if derivatives else SPOT))
    books.do(books.guard.done)
    for kind, first, second in moves:
        move(books, kind, first, second)
        holds(books)


@settings(max_examples=long(200, 66), deadline=None)
@given(st.lists(MOVE, max_size=30))
def test_a_venue_that_does_as_asked_brings_all_in_line(moves: list[tuple[str, int, int]]) -> None:
    books = Books(Guard())
    for one in moves:
        move(books, *one)
    for _ in range(20):
        while books.asked:
            books.answer("yes")
            for order in books.of("close"):
                books.trade(order, Decimal(99))
        later(books, SECOND // 10)
    state = books.state
    sizes = {each.kind: each.rest for each in books.orders.values() if each.kind != "close"}
    wanted = {role for role in ("stop", "target") if state.wanted(role) is not None}
    if not books.held or state.closing:
        assert "target" not in sizes
    else:
        expected = {role: abs(books.held) for role in wanted if not watched(state, role)}  # type: ignore[arg-type]
        assert sizes == expected


@settings(max_examples=long(100, 33), deadline=None)
@given(st.lists(MOVE, max_size=30))
def test_the_same_events_give_the_same_actions(moves: list[tuple[str, int, int]]) -> None:
    def run(restarts: bool) -> list[Action]:
        books = Books(Guard())
        for kind, first, second in moves:
            if restarts:
                books.guard.restart()
            move(books, kind, first, second)
        return books.guard.done

    first = run(restarts=False)
    assert first == run(restarts=True)
    named = [each for each in first if isinstance(each, Place | CloseNow)]
    assert len(named) == len({str(each) for each in named})
