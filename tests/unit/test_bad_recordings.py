"""Recordings that are corrupt, unsorted, overlapping, gapped, empty or of another venue: an error
that names the remedy, or a repair that is told; never a silent result (docs/bad-input.md).
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from infra.recordings import MARKET
from schemas.raw import ReceivedFrame, Source
from topics.inspection import FEW, Course, Disordered, Inspection
from topics.recording import merged
from topics.settings import settings

COUNT = 2400
SECOND = 10**9
Content = Callable[[], bytes]
USDM = ("--venue", "binance", "--market", "usdm")


@cache
def lines() -> tuple[bytes, ...]:
    """The beginning of a recording: 11 s of BTC."""
    with gzip.open(MARKET[0], "rb") as file:
        return tuple(islice(file, COUNT))


def packed(*rows: bytes) -> bytes:
    return gzip.compress(b"".join(rows), compresslevel=1)


def mixed() -> bytes:
    rows = [*lines()]
    random.Random(1).shuffle(rows)
    return packed(*rows)


def noise() -> bytes:
    return random.Random(2).randbytes(20_000)


def set_back() -> bytes:
    """The recorder's clock is set back by 5 s, once."""
    half = COUNT // 2
    later = [line.split(b" ", 1) for line in lines()[half:]]
    return packed(
        *lines()[:half], *(b"%d %s" % (int(time) - 5 * SECOND, rest) for time, rest in later)
    )


@dataclass(frozen=True)
class Case:
    """Files by name, and what `backtest`, `replay` and `decode` say of them.

    error: of all three, which make nothing of it. said: of a backtest that goes on. code: its exit
    code. alike: it makes what a backtest of all of the lines makes.
    """

    files: dict[str, Content]
    error: str = ""
    said: tuple[str, ...] = ()
    code: int = 0
    alike: bool = False
    venue: tuple[str, ...] = USDM


NO_FRAME = "no line holds a frame; is it a recording of raw frames?"
CASES = {
    "sound": Case({"a.gz": lambda: packed(*lines())}, alike=True),
    "two that join": Case(
        {"a.gz": lambda: packed(*lines()[:1000]), "b.gz": lambda: packed(*lines()[1000:])},
        alike=True,
    ),
    "empty": Case({"a": lambda: b""}, NO_FRAME),
    "empty, packed": Case({"a.gz": packed}, NO_FRAME),
    "blank lines": Case({"a.gz": lambda: packed(b"\n" * 500)}, NO_FRAME),
    "text": Case({"a.txt": lambda: b"hello\n" * 500}, NO_FRAME),
    "noise": Case({"a.gz": noise}, NO_FRAME),
    "noise that begins as gzip": Case({"a.gz": lambda: b"\x1f\x8b" + noise()}, "fetch the file"),
    "cut within its compression": Case(
        {"a.gz": lambda: packed(*lines())[:-5000]}, "a.gz: Compressed file ended before"
    ),
    "a byte of the packed file is another": Case(
        {"a.gz": lambda: packed(*lines())[:-8] + bytes(8)}, "CRC check failed"
    ),
    "unsorted": Case({"a.gz": mixed}, "are earlier than the one before"),
    "newest first": Case(
        {"a.gz": lambda: packed(*lines()[::-1])}, "2,399 of 2,400 frames are earlier"
    ),
    "a clock that was set back": Case(
        {"a.gz": set_back}, said=("a.gz: 1 of 2,400 frames is earlier than the one before",)
    ),
    "two that overlap": Case(
        {"a.gz": lambda: packed(*lines()[:1600]), "b.gz": lambda: packed(*lines()[800:])},
        said=("a.gz and b.gz overlap by", "800 frames were in two files and are taken once"),
        alike=True,
    ),
    "the same twice": Case(
        {"a.gz": lambda: packed(*lines()), "b.gz": lambda: packed(*lines())},
        said=(f"{COUNT:,} frames were in two files and are taken once",), alike=True,
    ),
    "a file that goes on from its beginning": Case(
        {"a.gz": lambda: packed(*lines(), *lines())},
        said=("1 of 4,800 frames is earlier", "duplicate; the first: trade"),
    ),
    "a hole": Case(
        {"a.gz": lambda: packed(*lines()[:800], *lines()[1600:])}, said=("gap; the first:",)
    ),
    "lines that are no frames": Case(
        {"a.gz": lambda: packed(*lines()[:900], b"hello\n" * 7, *lines()[900:])},
        said=("7 frames could not be read; the first: unreadable: a.gz line 901",), code=1,
    ),
    "another venue's": Case(
        {"a.gz": lambda: packed(*lines())}, "none of 2,400 frames could be read (okx: Validation",
        venue=("--venue", "okx"),
    ),
    "no such venue": Case(
        {"a.gz": lambda: packed(*lines())}, "there is no venue nosuch; choose from",
        venue=("--venue", "nosuch"),
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("BROKER_URL", "127.0.0.1:9")
    monkeypatch.setattr(
        "gateway.recorded.replay.require", lambda _: pytest.fail("it got as far as Kafka")
    )
    settings.cache_clear()
    yield
    settings.cache_clear()


def asked(command: str, case: Case, tmp_path: Path, *more: str) -> Any:
    for name, content in case.files.items():
        (tmp_path / name).write_bytes(content())
    files = [str(tmp_path / name) for name in case.files]
    return CliRunner().invoke(app, [command, *files, *case.venue, *more])


def made(tmp_path: Path, case: Case) -> tuple[dict[str, Any], list[Any]]:
    """The counts of a backtest, and what it earned."""
    first, *rest = map(
        orjson.loads, asked("backtest", case, tmp_path, "--json").stdout.splitlines()
    )
    return first["records"], rest


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.error])
def test_what_is_no_recording_is_an_error_of_one_line(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    commands = ["backtest", "decode", "replay"]
    for command in commands[:2] if name == "another venue's" else commands:
        result = asked(command, case, tmp_path)
        assert result.exit_code == 1, (command, result.output)
        if (command, name) != ("decode", "another venue's"):  # which prints each as dead
            last = result.stderr.splitlines()[-1]
            assert last.startswith("tapeline: ")
            assert case.error in last


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.error])
def test_what_can_be_repaired_is_told(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    result = asked("backtest", case, tmp_path)
    assert result.exit_code == case.code, result.output
    told = [line for line in result.stderr.splitlines() if line.startswith("input: ")]
    assert bool(told) is bool(case.said)
    assert all(any(words in line for line in told) for words in case.said)
    if case.alike:
        assert made(tmp_path, case) == made(tmp_path, CASES["sound"])


def test_decode_tells_the_same_of_the_files(tmp_path: Path) -> None:
    for name in ("two that overlap", "a clock that was set back"):
        case = CASES[name]
        result = asked("decode", case, tmp_path, "--summary")
        assert result.exit_code == 0
        assert all(f"input: {words}" in result.stderr for words in case.said)
    whole = asked("decode", CASES["sound"], tmp_path).stdout
    assert asked("decode", CASES["two that overlap"], tmp_path).stdout == whole


def test_decode_gives_what_it_has_before_it_says_that_a_file_is_not_in_order(
    tmp_path: Path,
) -> None:
    result = asked("decode", CASES["unsorted"], tmp_path)
    rows = [orjson.loads(row) for row in result.stdout.splitlines()]
    assert sum(row["type"] == "quote" for row in rows) > 1500


def test_the_json_of_a_backtest_has_it(tmp_path: Path) -> None:
    result = asked("backtest", CASES["two that overlap"], tmp_path, "--json")
    told = orjson.loads(result.stdout.splitlines()[0])["input"]
    (overlap,) = told.pop("overlaps")
    assert overlap["files"] == ["a.gz", "b.gz"]
    assert overlap["from"] < overlap["to"]
    assert told == {"early": [], "repeats": 800, "unreadable": 0, "notices": []}
    result = asked("backtest", CASES["a hole"], tmp_path, "--json")
    told = orjson.loads(result.stdout.splitlines()[0])["input"]
    assert {row["type"] for row in told["notices"]} >= {"gap"}
    assert all(row["key"] == "binance:BTC/USDT:USDT" for row in told["notices"])


@pytest.mark.parametrize("command", ["backtest", "decode", "replay"])
def test_a_directory_and_a_file_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    there = CliRunner().invoke(app, [command, str(tmp_path), *USDM])
    assert "is a directory: name the recordings in it" in there.stderr
    missing = CliRunner().invoke(app, [command, str(tmp_path / "x"), *USDM])
    assert "name a file that exists" in missing.stderr

    opens = Path.open

    def refused(self: Path, *given: Any, **named: Any) -> Any:
        if self.suffix == ".gz":
            raise PermissionError(13, "Permission denied", str(self))
        return opens(self, *given, **named)

    (tmp_path / "a.gz").write_bytes(packed(*lines()))
    monkeypatch.setattr("topics.recording.Path.open", refused)
    result = CliRunner().invoke(app, [command, str(tmp_path / "a.gz"), *USDM])
    assert result.exit_code == 1
    assert "a.gz: Permission denied; check the path" in result.stderr


def frame(at: int, text: str = "x", source: Source = Source.WS) -> ReceivedFrame:
    return ReceivedFrame(at, source, "stream", text)


def watched(*files: list[tuple[str, ReceivedFrame]]) -> Inspection:
    found = Inspection()
    for number, rows in enumerate(files):
        list(found.watch(Path(str(number)), iter(rows)))
    return found


@pytest.mark.parametrize(
    ("back", "count", "refused"),
    [(0, 100, False), (FEW, 100, False), (FEW + 1, 100, True), (20, 20_000, False),
     (21, 20_000, True)],
)  # fmt: skip
def test_how_many_early_lines_are_too_many(back: int, count: int, refused: bool) -> None:
    course = Course(Path("a"), frames=count, back=back)
    assert course.disordered is refused
    found = Inspection([course])
    if refused:
        with pytest.raises(Disordered, match="sort its lines by time"):
            found.judge()
    else:
        found.judge()


def test_files_overlap_where_one_source_of_one_market_is_in_both() -> None:
    one = [("a", frame(0)), ("a", frame(10)), ("b", frame(20))]
    found = watched(one, [("a", frame(5)), ("a", frame(30)), ("b", frame(20)), ("b", frame(40))])
    assert [(each.key, each.first, each.last) for each in found.overlaps()] == [("a", 5, 10)]
    asked_for = [("a", frame(5, source=Source.REST)), ("a", frame(8, source=Source.REST))]
    assert list(watched(one, asked_for).overlaps()) == []
    assert found.span() == (0, 40)


def test_only_what_another_file_had_at_that_nanosecond_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("1 a\n1 a\n2 b\n3 c\n")
    (tmp_path / "2").write_text("1 a\n2 c\n3 c\n4 d\n")

    def key(one: ReceivedFrame) -> tuple[str, ReceivedFrame]:
        return "k", one

    inspection = Inspection()
    rows = merged([(tmp_path / "1", key), (tmp_path / "2", key)], inspection)
    assert [(each.received_ns, each.text) for _, each in rows] == [
        (1, "a"), (1, "a"), (2, "b"), (2, "c"), (3, "c"), (4, "d"),
    ]  # fmt: skip
    assert inspection.repeats == 2
    other = merged([(tmp_path / "1", key), (tmp_path / "2", lambda one: ("other", one))])
    assert len(list(other)) == 8
