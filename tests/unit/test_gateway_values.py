"""Times and pages as they go over the wire."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.api.lists import listed
from gateway.api.moments import LAST, parsed, told
from gateway.api.paging import Asked, read, written
from gateway.api.problems import Problem
from gateway.api.routes.api_keys import NewKey
from gateway.live.orders import Body
from gateway.store.reading.page import Place


@given(st.integers(0, LAST))
def test_a_time_goes_out_and_comes_back_to_the_nanosecond(moment: int) -> None:
    assert parsed(told(moment)) == moment


@given(st.integers(0, LAST), st.integers(0, LAST))
def test_times_sort_as_their_texts_do(one: int, other: int) -> None:
    assert (one < other) == (told(one) < told(other))


def test_times_are_told_as_rfc_3339() -> None:
    assert told(1_700_000_000_000_000_000) == "2023-11-14T22:13:20.000000000Z"
    assert told(1_700_000_000_120_000_001) == "2023-11-14T22:13:20.120000001Z"
    assert parsed("2023-11-14T23:13:20.5+01:00") == 1_700_000_000_500_000_000


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2023-11-14", "2023-11-14T22:13:20", "2023-02-30T00:00:00Z",
     "1969-12-31T23:59:59Z", "2300-01-01T00:00:00Z", "2023-11-14T25:00:00Z",
     "٢٠٢٣-11-14T22:13:20Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parsed(text)


@given(
    st.sets(st.tuples(st.integers(0, 5), st.text(min_size=1, max_size=3)), max_size=30),
    st.integers(1, 7),
)
def test_pages_together_are_the_whole_list_each_row_once(rows: set[Place], limit: int) -> None:
    bodies = [{"id": id, "seen_time": told(at) if at else None} for at, id in rows]
    seen: list[Body] = []
    after: Place | None = None
    while True:
        page = listed(bodies, Asked(limit, after))
        assert len(page.items) <= limit
        seen += page.items
        if page.next is None:
            break
        after = read(page.next)
    assert seen == sorted(bodies, key=lambda row: (row["seen_time"] or "", row["id"]), reverse=True)


@given(st.integers(0, LAST), st.text(max_size=40))
def test_a_cursor_leads_back_to_its_place(time: int, id: str) -> None:
    assert read(written((time, id))) == (time, id)


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_a_problem_of_the_caller(text: str) -> None:
    place: Place | None = None
    with suppress(Problem):
        place = read(text)
    assert place is None or (isinstance(place[0], int) and isinstance(place[1], str))


def test_what_is_no_network_is_refused_without_being_said_again() -> None:
    body = {"name": "bot", "scopes": ["read"], "addresses": ["my password"]}
    with pytest.raises(ValidationError) as caught:
        NewKey.model_validate(body)
    (error,) = caught.value.errors(include_input=False, include_context=False)
    assert error["loc"] == ("addresses", 0)
    assert "192.0.2.0/24" in error["msg"]
    assert "my password" not in error["msg"]
