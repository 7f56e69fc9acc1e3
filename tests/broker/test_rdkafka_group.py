"""topics/rdkafka in a group, broadcast, with positions and checkpoints (real Kafka)."""

import pytest

from tests.broker.lane import Lane, until

pytestmark = pytest.mark.broker


def test_every_worker_gets_all_of_a_broadcast_topic(lane: Lane) -> None:
    lane.create()
    lane.fill(0, 300)
    workers = [lane.worker(broadcast="1", order=str(lane.tmp / name)) for name in ("a", "b")]
    until(lambda: lane.written() == 600)
    lane.fill(300, 400)
    until(lambda: lane.written() == 800)
    for worker in workers:
        worker.term()
    assert [worker.ends() for worker in workers] == [0, 0]
    ids = sorted(int(record.value() or b"") for record in lane.read())
    assert ids == sorted([*range(400), *range(400)])
    assert lane.committed() == 0
    for name in ("a", "b"):
        words = (lane.tmp / name).read_text("utf-8").split("\n")
        assert "checkpoint" in words[words.index("body 100") if "body 100" in words else 0 :]


def test_positions_decide_where_it_starts_and_checkpoints_come_before_commits(lane: Lane) -> None:
    lane.create()
    lane.fill(0, 600)
    wanted = {0: 20, 1: 30}
    expected = {
        r.value() for r in lane.read("in") if (r.offset() or 0) >= wanted[r.partition() or 0]
    }
    worker = lane.worker(
        positions='{"0": 20, "1": 30}', order=str(lane.order), slow="0.001", batch="50"
    )
    until(lambda: lane.committed() > 0)
    words = lane.noted()
    assert words[0] == "positions 2"
    assert words[1].startswith("body")
    assert "checkpoint" in words
    until(lambda: lane.committed() == 600)
    assert worker.stop() == 0
    assert {record.value() for record in lane.read()} == expected
    words = lane.noted()
    bodies = [n for n, word in enumerate(words) if word.startswith("body")]
    assert "checkpoint" in words[bodies[-1] :]
    assert words.count("checkpoint") <= len(bodies)  # none without work
