"""What the compiled decoders take is what pydantic makes of it, to the type and the digit."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError, model_validator

from engine.decisions import DecisionsStage
from engine.orders import OrdersStage
from engine.risk import RiskSettings
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from engine.ticks import TicksStage
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.mirror import decoder
from schemas.record import Message, Record
from schemas.signals import Signal
from schemas.ticks import Ticks
from tests.recorded import long
from tests.unit.markets import framed
from topics import BY_NAME, TOPICS

FILES = ("usdm/btcusdt_20240808.gz", "usdm/ethusdt_20240808.gz")
UNMIRRORED = {"Advice", "ControlCommand", "Snapshot"}
"""What has bounds (a few an hour), unions of commands and free JSON: read by pydantic alone."""

WORTHS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=4),
    st.just([]), st.just({}), st.lists(st.text(max_size=2), max_size=3),
    st.sampled_from(["1", "ws", "buy", "long", "ok", "held", 1, 1.0, -0.0, 1e300]),
)  # fmt: skip


@cache
def made() -> dict[str, list[bytes]]:
    """Records as each stage makes them of the recorded market, by topic."""
    stages: list[tuple[Any, str]] = [
        (TicksStage(), names.RAW),
        (SignalsStage(SignalSettings()), names.TICKS),
        (DecisionsStage(StrategySections().build()), names.SIGNALS),
        (OrdersStage(("paper",), RiskSettings()), names.DECISIONS),
    ]
    values = {names.RAW: [encode(record) for record in islice(framed(FILES), 1500)]}
    for stage, topic in stages:
        cells: dict[str, Cell[Any]] = {}
        for value in values[topic]:
            record = decode(BY_NAME[topic].record, value)
            for name in stage.cells_of(topic, record.key):
                cell = cells.setdefault(name, Cell.fresh(stage, name))
                for out in cell.take(topic, record):
                    values.setdefault(out.topic, []).append(encode(out.record))
    return values


MADE = (
    names.BARS, names.DECISIONS, names.ORDERS, names.RAW, names.SIGNALS, names.TICKS,
)  # fmt: skip
"""Their topics."""


def alike(model: type[Record], value: bytes) -> bool | None:
    """Whether both give the same; None where the mirror leaves it to pydantic."""
    fast = decoder(model)
    assert fast is not None
    try:
        ours = fast(value)
    except ValueError:
        return None
    try:
        return repr(ours) == repr(model.model_validate_json(value))
    except ValidationError:
        return False


@pytest.mark.parametrize("topic", MADE)
def test_every_record_of_the_desk_is_taken_and_is_the_same(topic: str) -> None:
    model = BY_NAME[topic].record
    assert all(alike(model, value) for value in made()[topic])
    assert all(encode(decode(model, value)) == value for value in made()[topic])


def by_pydantic(record: Record) -> bytes:
    return record.__pydantic_serializer__.to_json(record)


@pytest.mark.parametrize("topic", MADE)
def test_what_is_written_is_what_pydantic_writes(topic: str) -> None:
    model = BY_NAME[topic].record
    assert all(by_pydantic(decode(model, value)) == value for value in made()[topic])


ODD = Ticks(venue='\x7f\u2028\x01\t"\\/é', symbol="s")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (ODD, b'"venue":"\x7f\xe2\x80\xa8\\u0001\\t\\"\\\\/\xc3\xa9"'),
        (ODD.model_copy(update={"seq": 2**70}), b'"seq":1180591620717411303424'),
        (Signal(venue="b", symbol="s", strength=1e16), b'"strength":1e+16'),
        (Signal(venue="b", symbol="s", strength=float("nan")), b'"strength":null'),
        (Signal.model_construct(venue="b", symbol="s", strength=1), b'"strength":1.0'),
        (Signal(venue="b", symbol="s", micro={"a": 1e-7, "b": None}), b'{"a":1e-7,"b":null}'),
    ],
)
def test_odd_values_are_written_as_pydantic_writes_them(record: Record, said: bytes) -> None:
    assert said in encode(record)
    assert encode(record) == by_pydantic(record)


def test_only_what_cannot_be_mirrored_is_left_to_pydantic() -> None:
    models = {spec.record for spec in TOPICS}
    assert {model.__name__ for model in models if decoder(model) is None} == UNMIRRORED


def broken(value: Any, path: list[int], worth: Any, how: str) -> Any:
    """The JSON value with one place in it replaced, removed or added to."""
    if not path or not isinstance(value, dict | list) or not value:
        return worth
    place, rest = path[0] % len(value), path[1:]
    if isinstance(value, list):
        return [*value[:place], broken(value[place], rest, worth, how), *value[place + 1 :]]
    name = sorted(value)[place]
    if not rest and how == "remove":
        return {key: each for key, each in value.items() if key != name}
    if not rest and how == "add":
        return {**value, "further": worth}
    return {**value, name: broken(value[name], rest, worth, how)}


@settings(max_examples=long(1500, 500), deadline=None)
@given(
    topic=st.sampled_from(MADE),
    place=st.integers(0, 10**6),
    path=st.lists(st.integers(0, 100), min_size=1, max_size=4),
    worth=WORTHS,
    how=st.sampled_from(["replace", "remove", "add"]),
)
def test_a_damaged_record_is_never_read_in_two_ways(
    topic: str, place: int, path: list[int], worth: Any, how: str
) -> None:
    good = orjson.loads(made()[topic][place % len(made()[topic])])
    try:
        value = orjson.dumps(broken(good, path, worth, how))
    except TypeError:
        value = repr(broken(good, path, worth, how)).encode()  # wider than orjson writes
    assert alike(BY_NAME[topic].record, value) is not False


@pytest.mark.parametrize(
    "text",
    [
        '{"venue":"b","symbol":"s","venue":"c"}',
        '{"venue":"\\ud800","symbol":"s"}',
        '{"venue":"b","symbol":"s","seq":1.0}',
        '{"venue":"b","symbol":"s","seq":1e400}',
        '{"venue":"b","symbol":"s","seq":99999999999999999999}',
        '{"venue":"b","symbol":"s"} ',
        '\ufeff{"venue":"b","symbol":"s"}',
        '{"venue":"b","symbol":"s","book":"OK"}',
        '{"venue":"b","symbol":"s","bid":["1","2","3"]}',
        '{"venue":"b","symbol":"s","trades":{"index":[1]}}',
        '{"venue":"b","symbol":"s"',
    ],
)
def test_odd_json_is_never_read_in_two_ways(text: str) -> None:
    assert alike(Ticks, text.encode(errors="surrogatepass")) is not False


def test_what_pydantic_says_is_wrong_is_still_said() -> None:
    with pytest.raises(Poison, match="trades: Value error, columns of Trades differ in length"):
        decode(Ticks, b'{"venue":"b","symbol":"s","trades":{"index":[1]}}')


@pytest.mark.parametrize("leaving", [{"quotes"}, {"quotes", "fundings", "notices"}, {"trades"}])
def test_what_is_left_out_has_its_default_and_the_rest_is_as_it_is(leaving: set[str]) -> None:
    blank = Ticks(venue="b", symbol="s")
    for value in made()[names.TICKS][:200]:
        found, wanted = decode(Ticks, value, frozenset(leaving)), decode(Ticks, value)
        gone = {name: getattr(blank, name) for name in leaving}
        assert found == wanted.model_copy(update=gone)
        assert list(found.__dict__) == list(wanted.__dict__)
    with pytest.raises(Poison):
        decode(Ticks, b'{"venue":"b","symbol":"s","quotes":{"index":[1]', frozenset(leaving))


class Checked(Message):
    """A model whose check comes before its fields are read."""

    one: int

    @model_validator(mode="before")
    @classmethod
    def _before(cls, value: Any) -> Any:
        return value


def test_a_model_with_checks_of_its_own_kind_has_no_mirror() -> None:
    assert decoder(Checked) is None
