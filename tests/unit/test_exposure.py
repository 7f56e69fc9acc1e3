"""How long a position was bare, by tables of executions and stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.executor.exposure import Bare, Covers, Filled, Span, bare, during, outside
from tests.chaos.executor.watching import Stretch, exceeded, merged, ready

S = "BTC/USDT:USDT"
WANTING = {"entry", "more"}


def filled(at: int, lots: int, client: str = "entry", symbol: str = S) -> Filled:
    return Filled(at, symbol, client, lots)


def stop(at: int, lots: int, number: int = 1, symbol: str = S) -> Covers:
    return Covers(at, symbol, number, lots)


@pytest.mark.parametrize(
    ("events", "spans"),
    [
        ([filled(10, 5)], [(10, 100)]),
        ([filled(10, 5), stop(30, -5)], [(10, 30)]),
        ([filled(10, -5), stop(30, 5)], [(10, 30)]),
        ([stop(5, -5), filled(10, 5)], []),
        ([filled(10, 5), stop(30, -4)], [(10, 100)]),
        ([filled(10, 5), stop(30, -4), stop(40, -1, 2)], [(10, 40)]),
        ([filled(10, 5), stop(30, 5)], [(10, 100)]),
        ([filled(10, 5, "plain")], []),
        ([filled(10, 5, "plain"), filled(20, -3, "entry")], []),
        ([filled(10, 5, "plain"), filled(20, 5, "more"), stop(30, -10)], [(20, 30)]),
        ([filled(10, 5, "plain"), filled(20, 5, "more"), stop(30, -5)], [(20, 100)]),
    ],
    ids=[
        "none", "long", "short", "before", "too small", "two", "wrong side", "wants none",
        "reduced by an entry",
        "added to", "all of it",
    ],
)  # fmt: skip
def test_bare_until_live_stops_cover_all_of_it(
    events: list[Filled | Covers], spans: list[tuple[int, int]]
) -> None:
    found = bare(events, WANTING, 100)
    assert found == [Bare(S, Span(*span)) for span in spans]


@pytest.mark.parametrize(
    ("events", "spans"),
    [
        ([stop(20, 0)], [(20, 100)]),
        ([stop(20, -3), stop(25, -5)], [(20, 25)]),
        ([filled(20, 2, "plain"), stop(30, -7)], [(20, 30)]),
        ([filled(20, -2, "close")], []),
        ([stop(20, 0), filled(30, -2, "close"), filled(40, -3, "close")], [(20, 40)]),
        ([stop(20, 0), filled(30, -7, "turn")], [(20, 30)]),
        ([filled(20, -5, "close"), stop(21, 0), filled(30, 5, "plain")], []),
        ([filled(20, -7, "entry"), stop(25, 2)], [(20, 25)]),
        ([filled(20, -5, "stop"), stop(20, 0)], []),
    ],
    ids=[
        "gone", "amended", "grown", "shrunk", "closing in parts", "turned", "flat, then plain",
        "turned by an entry", "fired",
    ],
)  # fmt: skip
def test_bare_again_when_the_stop_or_the_position_changes(
    events: list[Filled | Covers], spans: list[tuple[int, int]]
) -> None:
    """Of five lots that were covered at once."""
    found = bare([stop(0, -5), filled(10, 5), *events], WANTING, 100)
    assert found == [Bare(S, Span(*span)) for span in spans]


def test_symbols_are_apart() -> None:
    other = "ETH/USDT:USDT"
    events: list[Filled | Covers] = [
        filled(10, 5),
        stop(11, -5, 2, other),
        filled(12, 5, "more", other),
        stop(20, -5),
    ]
    assert bare(events, WANTING, 100) == [Bare(S, Span(10, 20))]


def test_parts_in_and_outside_of_windows() -> None:
    windows = [Span(30, 40), Span(10, 20), Span(15, 25)]
    assert list(during(Span(12, 35), [Span(10, 20), Span(30, 40)])) == [Span(12, 20), Span(30, 35)]
    assert outside(Span(5, 50), windows) == [Span(5, 10), Span(25, 30), Span(40, 50)]
    assert outside(Span(12, 35), windows) == [Span(25, 30)]
    assert outside(Span(11, 24), windows) == []
    assert outside(Span(1, 2), windows) == [Span(1, 2)]
    assert merged(windows) == [Span(10, 25), Span(30, 40)]


def test_a_second_is_not_too_long_and_more_is() -> None:
    assert exceeded([Stretch(S, 1000.0)]) == []
    assert exceeded([Stretch(S, 1001.2)]) == [f"unprotected: {S}: bare for 1001 ms"]


@pytest.mark.parametrize(
    ("told", "span"),
    [
        ("ready 5\nover 8\n", Span(5, 8)),
        ("ready 5\n", Span(5, 9)),
        ("over 4\n", None),
    ],
    ids=["ended", "ended without a word", "killed before it was ready"],
)
def test_a_sitting_is_up_from_ready_to_its_end(
    tmp_path: Path, told: str, span: Span | None
) -> None:
    file = tmp_path / "a.up"
    file.write_text(told)
    assert ready(file, 9) == span
    assert ready(file, 9) is None, "it was another sitting's"
