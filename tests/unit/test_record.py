"""Messages made without validation: the same as pydantic makes them, and whole."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from schemas.codec import decode, encode
from schemas.record import Message
from schemas.ticks import Quotes, Ticks

QUOTES: dict[str, Any] = {
    "index": (0,), "event_time": (None,), "seen_time": (7,), "bid": ("1",),
    "bid_quantity": ("3",), "ask": ("2",), "ask_quantity": ("4",), "update_id": (None,),
}  # fmt: skip


def by_pydantic(model: type[Message], **values: Any) -> Message:
    made: Message = BaseModel.model_construct.__func__(model, **values)  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("order", [1, -1])
def test_a_message_not_validated_is_as_pydantic_makes_it(order: int) -> None:
    quotes = Quotes.model_construct(**dict(list(QUOTES.items())[::order]))
    values: dict[str, Any] = {"symbol": "A/B", "venue": "v", "quotes": quotes, "seen_time": 7}
    ours = Ticks.model_construct(**dict(list(values.items())[::order]))
    theirs = by_pydantic(Ticks, **values)
    assert encode(ours) == theirs.__pydantic_serializer__.to_json(theirs)
    assert ours == theirs
    assert ours.model_fields_set == theirs.model_fields_set
    assert decode(Ticks, encode(ours)) == ours
    assert ours.identified(id="a", cause="b", seq=1, key="v:A/B", seen_time=8, clock=True).seq == 1


def test_a_draft_that_becomes_a_record_is_the_same_as_its_copy() -> None:
    name: dict[str, Any] = {
        "id": "a", "cause": "b", "seq": 1, "key": "v:A/B", "seen_time": 8, "clock": True
    }  # fmt: skip
    for draft in (Ticks(symbol="A/B", venue="v"), Ticks.own(symbol="A/B", venue="v")):
        copy = draft.identified(**name)
        made = draft.become(**name)
        assert made is draft
        assert copy == made
        assert encode(copy) == encode(made)
        assert copy.model_fields_set == made.model_fields_set


def test_a_part_that_is_given_whole_is_that_part() -> None:
    quotes = Quotes.whole(dict(QUOTES))
    assert quotes == Quotes(**QUOTES)
    assert list(quotes.__dict__) == list(Quotes.model_fields)
    assert quotes.model_fields_set == set(Quotes.model_fields)


def test_a_message_of_our_own_values_is_as_pydantic_makes_it() -> None:
    values: dict[str, Any] = {"venue": "v", "symbol": "A/B", "seen_time": 7}
    ours = Ticks.own(**values)
    assert ours == Ticks(**values)
    assert list(ours.__dict__) == list(Ticks.model_fields)
    assert ours.model_fields_set == set(Ticks.model_fields)
    with pytest.raises(TypeError, match=r"Ticks has no \['price'\]"):
        Ticks.own(**values, price="1")


def test_a_message_that_lacks_a_field_is_not_made() -> None:
    with pytest.raises(TypeError, match=r"Ticks lacks \['symbol'\]"):
        Ticks.model_construct(venue="v")  # type: ignore[call-arg]


def test_a_copy_is_as_pydantic_makes_it() -> None:
    told = Ticks(venue="v", symbol="A/B")
    updates: list[dict[str, Any]] = [{}, {"symbol": "C/D", "seq": 4}, {"new": 1}]
    for update in updates:
        ours, theirs = told.model_copy(update=update), BaseModel.model_copy(told, update=update)
        assert ours == theirs
        assert list(ours.__dict__) == list(theirs.__dict__)
        assert ours.model_fields_set == theirs.model_fields_set
    assert told.symbol == "A/B"
    assert told.model_fields_set == {"venue", "symbol"}
    assert told.model_copy(deep=True) == told


def test_a_field_that_is_unknown_is_left_out() -> None:
    assert by_pydantic(Quotes, new=1) == Quotes.model_construct(new=1) == Quotes()
