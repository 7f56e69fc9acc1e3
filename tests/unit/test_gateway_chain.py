"""The audit log's chain: whatever is changed, taken away, put in or cut off is found."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.auth.chain import BEGINNING, Break, Entry, breaks

words = st.sampled_from(("", "alice", 'a"b', "\u2603"))
few = settings(max_examples=25)
said = st.builds(
    Entry, seq=st.just(0), at=st.sampled_from((0, 2**62)), actor=words, by=words, address=words,
    action=words, target=words, outcome=words, facts=st.dictionaries(words, words, max_size=2),
)  # fmt: skip


def chained(written: list[Entry]) -> list[Entry]:
    log: list[Entry] = []
    for entry in written:
        log.append(entry.linked(log[-1] if log else None))
    return log


logs = st.lists(said, min_size=1, max_size=5).map(chained)


def witnessed(log: list[Entry]) -> dict[int, str]:
    return {entry.seq: entry.hash for entry in log}


@few
@given(logs)
def test_a_log_as_it_was_written_has_no_break(log: list[Entry]) -> None:
    assert log[0].previous == BEGINNING
    assert [entry.seq for entry in log] == list(range(len(log)))
    assert list(breaks(log, witnessed(log))) == []
    assert list(breaks(log, {})) == []


@few
@given(logs, st.data())
def test_a_changed_entry_is_named(log: list[Entry], data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, len(log) - 1))
    name = data.draw(st.sampled_from(("actor", "by", "address", "action", "target", "outcome")))
    log[seq] = replace(log[seq], **{name: getattr(log[seq], name) + "x"})
    assert [each.seq for each in breaks(log, {})] == [seq]


@few
@given(logs, st.data())
def test_a_changed_entry_with_its_hash_made_anew_breaks_the_next_or_its_witness(
    log: list[Entry], data: st.DataObject
) -> None:
    seq = data.draw(st.integers(0, len(log) - 1))
    witnesses = witnessed(log)
    forged = replace(log[seq], at=log[seq].at + 1)
    log[seq] = replace(forged, hash=forged.digest)
    assert [each.seq for each in breaks(log, {})] == [seq + 1][: len(log) - 1 - seq]
    assert seq in [each.seq for each in breaks(log, witnesses)]


@few
@given(logs, st.data())
def test_a_removed_entry_is_missed_and_the_end_by_its_witnesses(
    log: list[Entry], data: st.DataObject
) -> None:
    seq = data.draw(st.integers(0, len(log) - 1))
    witnesses = witnessed(log)
    gone = log.pop(seq)
    assert [each.seq for each in breaks(log, witnesses)] == [gone.seq]


@few
@given(logs)
def test_a_log_written_anew_as_a_whole_is_told_by_its_witnesses(log: list[Entry]) -> None:
    anew = chained([replace(entry, outcome=entry.outcome + "!") for entry in log])
    assert list(breaks(anew, {})) == []
    assert [each.seq for each in breaks(anew, witnessed(log))] == list(range(len(log)))
    assert next(breaks([], witnessed(log))).seq == 0


@few
@given(logs)
def test_two_that_changed_places_are_found(log: list[Entry]) -> None:
    if len(log) > 1:
        log[0], log[1] = log[1], log[0]
        assert Break(0, "missing: the next one there is 1") in list(breaks(log, {}))
