"""topics/rdkafka delivers everything, in order, and commits what is done (real Kafka)."""

import pytest

from tests.broker.lane import Lane, until

pytestmark = pytest.mark.broker


@pytest.mark.parametrize("mode", ["batches", "items", "short"])
def test_all_records_arrive_in_order_and_a_clean_restart_repeats_none(
    lane: Lane, mode: str
) -> None:
    lane.create()
    lane.fill(0, 2000)
    worker = lane.worker(slow="0.001")
    until(lambda: lane.written() > 700)
    assert worker.stop() == 0, worker.said()
    assert 0 < lane.committed() == lane.written() < 2000
    lane.worker()
    until(lambda: lane.committed() == 2000)
    lane.check(2000, duplicates=0)


def test_keyed_records_go_where_java_puts_them(lane: Lane) -> None:
    lane.create()
    lane.fill(0, 300)
    lane.worker(mode="events")
    until(lambda: lane.committed() == 300)
    # murmur2 of these keys by org.apache.kafka.common.utils.Utils, modulo two partitions
    places = {record.key(): record.partition() for record in lane.read()}
    assert places == {f"k{n}".encode(): java_partition(f"k{n}".encode()) for n in range(7)}


def java_partition(key: bytes) -> int:
    """Utils.toPositive(Utils.murmur2(key)) % partitions, written from Kafka's source."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(key[i : i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if key[whole:]:
        h = (h ^ int.from_bytes(key[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    h ^= h >> 15
    return (h & 0x7FFFFFFF) % 2
