"""Files of live frames: read back byte for byte, in parts by size and hour, whole after a kill."""

from __future__ import annotations

import gzip
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feeds.planning import stood_for, stood_in
from schemas.raw import ReceivedFrame, Source
from tests.recorded import long
from topics import tapes
from topics.recording import address, read
from topics.tapes import HOUR, Tape, Unwritten, line

VENUE = "wss://ws.okx.com:8443/ws/v5/public"
BOOK = "https://api.gateio.ws/api/v4/spot/order_book?currency_pair=HAI_ETH&limit=100"
START = 1_763_798_400 * 10**9
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def frame(
    number: int, text: str = '{"n":1}', source: Source = Source.WS, encoding: str = "text"
) -> ReceivedFrame:
    channel = BOOK.split("/", 3)[-1] if source is Source.REST else "stream"
    made = ReceivedFrame(START + number, source, channel, text)
    return made._replace(encoding="base64") if encoding == "base64" else made


@settings(max_examples=long(60, 20))
@given(
    st.lists(
        st.one_of(
            st.builds(frame, st.integers(0, 10**12), TEXTS),
            st.builds(frame, st.integers(0, 10**12), TEXTS, st.just(Source.REST)),
            st.builds(
                frame, st.integers(0, 10**12),
                st.binary(max_size=40).map(lambda content: b64encode(content).decode()),
                st.just(Source.WS), st.just("base64"),
            ),
            st.builds(frame, st.integers(0, 10**12), st.sampled_from(["b'x'", 'u"', "\r", "\n"])),
        ),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_every_frame_is_read_back_as_it_came(
    tmp_path_factory: pytest.TempPathFactory, frames: list[ReceivedFrame]
) -> None:
    file = tmp_path_factory.getbasetemp() / "tape.txt"
    ordered = sorted(frames)
    file.write_bytes(b"".join(line(each, BOOK) for each in ordered))
    assert list(read(file)) == ordered


def test_a_file_begins_with_its_address_and_so_does_the_next(tmp_path: Path) -> None:
    tape = Tape(tmp_path, "okx-v5-0", VENUE, 1 << 30)
    for number in (0, 1, HOUR, HOUR + 1):
        tape.write(frame(number), VENUE)
    tape.write(frame(HOUR + 2)._replace(source=Source.CUT), VENUE)
    tape.write(frame(HOUR + 3), VENUE)
    tape.close()
    names = [file.name for file in tape.files]
    assert names == ["okx-v5-0.20251122T080000Z.gz", "okx-v5-0.20251122T090000Z.gz"]
    assert [address(file) for file in tape.files] == [VENUE, VENUE]
    times = [[each.received_ns - START for each in read(file)] for file in tape.files]
    assert times == [[0, 1], [HOUR, HOUR + 1, HOUR + 3]]
    text = gzip.decompress(tape.files[1].read_bytes()).decode()
    assert text.count("<->") == 2, "the cut connection was opened anew"
    assert tape.bytes == sum(file.stat().st_size for file in tape.files)


def test_a_file_that_is_large_enough_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tapes, "BLOCK", 100)
    tape = Tape(tmp_path, "t", VENUE, 400)
    for number in range(100):
        tape.write(frame(number), VENUE)
    tape.close()
    assert tape.files[1].name == "t.20251122T080000Z-2.gz"
    assert all(400 <= file.stat().st_size < 600 for file in tape.files[:-1])
    found = [each.received_ns - START for file in tape.files for each in read(file)]
    assert found == list(range(100))


def test_what_is_there_already_is_never_written_over(tmp_path: Path) -> None:
    for number in range(2):
        tape = Tape(tmp_path, "t", VENUE, 1 << 30)
        tape.write(frame(number), VENUE)
        tape.close()
    assert len(list(tmp_path.iterdir())) == 2


def test_what_waits_is_written_when_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = Tape(tmp_path, "t", VENUE, 1 << 30)
    tape.write(frame(0), VENUE)
    tape.passed()
    assert tape.bytes == 0
    monkeypatch.setattr(tapes, "AGE", 0.0)
    tape.passed()
    assert [each.received_ns for each in read(tape.files[0])] == [START]
    tape.write(frame(1), VENUE)
    assert len(list(read(tape.files[0]))) == 1, "a file that is not closed is whole"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unwritten, match="name another folder"):
        Tape(tmp_path / "missing", "t", VENUE, 1).write(frame(0), VENUE)


def test_an_address_that_stood_in_is_told_as_the_venues() -> None:
    addresses = {
        "wss://": "ws://127.0.0.1:1/", "https://": "http://127.0.0.1:1/",
        "wss://ws.okx.com:8443/ws/v5": "ws://127.0.0.1:1/okx",
    }  # fmt: skip
    for each in (VENUE, BOOK, "ftp://else"):
        assert stood_for(stood_in(each, addresses), addresses) == each
